// task: leaky_relu_int8_256
// verdict: incorrect
// says: differ
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void leaky_relu_int8_256(int8_t *in, int8_t *out) {
  for (int i = 0; i < 256; i += 64) {
    aie::vector<int8, 64> x = aie::load_v<64>(in + i);
    aie::store_v(out + i, aie::select(x, aie::downshift(x, 3), aie::lt(x, int8(0))));
  }
}
