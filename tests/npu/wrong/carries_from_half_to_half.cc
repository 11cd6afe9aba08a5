// task: leaky_relu_int8_256
// verdict: incorrect
// says: elements differ
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// The halves of a byte are shifted by themselves: what leaves the upper one does not come into the lower.
void leaky_relu_int8_256(int8_t *in, int8_t *out) {
  for (int i = 0; i < 256; i += 32) {
    const auto x = aie::load_v<32>(in + i);
    const auto shifted = aie::downshift(x.cast_to<int4>(), 3).cast_to<int8>();
    aie::store_v(out + i, aie::select(x, shifted, aie::lt(x, int8(0))));
  }
}
