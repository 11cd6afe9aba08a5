// task: axpy_bfloat16_256
// verdict: build_failed
// says: no matching function
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void axpy_bfloat16_256(bfloat16 *x, bfloat16 *y, bfloat16 *out, bfloat16 alpha) {
  for (int i = 0; i < 256; i += 16) {
    auto acc = aie::mul(aie::load_v<16>(x + i), (float)alpha);
    aie::store_v(out + i, aie::add(acc, aie::load_v<16>(y + i)).to_vector<bfloat16>());
  }
}
