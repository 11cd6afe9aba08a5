// task: square_bfloat16_256
// verdict: build_failed
// says: no matching function for call to 'op_sign'
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void square_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  for (int i = 0; i < 256; i += 16) {
    const auto x = aie::load_v<16>(in + i);
    aie::store_v(out + i, aie::mul(aie::op_sign(x, true), x).to_vector<bfloat16>());
  }
}
