// task: square_bfloat16_256
// verdict: build_failed
// says: tanh
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void square_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  for (int i = 0; i < 256; i += 16) {
    aie::accum<accfloat, 16> acc(aie::load_v<16>(in + i));
    aie::store_v(out + i, aie::tanh<bfloat16>(acc.to_vector<float>()));
  }
}
