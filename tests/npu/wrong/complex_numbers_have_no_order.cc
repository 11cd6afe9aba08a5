// task: maxpool1d_int16_256
// verdict: build_failed
// says: no matching function
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void maxpool1d_int16_256(int16_t *in, int16_t *out) {
  for (int i = 0; i < 256; i += 16) {
    const auto pairs = aie::load_v<8>((cint16 *)(in + i));
    aie::store_v(out + i / 2, aie::real(aie::max(pairs, aie::conj(pairs))));
  }
}
