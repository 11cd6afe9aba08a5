// task: sumsquares_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// The accumulator is undefined at first, and set to zero by the first round.
void sumsquares_int16_256(int16_t *in, int32_t *out) {
  aie::accum<acc64, 16> sum;
  for (int i = 0; i < 256; i += 16) {
    const auto x = aie::load_v<16>(in + i);
    sum = aie::mac(aie::op_zero(sum, i == 0), aie::op_abs(x), aie::op_max(x, aie::neg(x)));
  }
  *out = aie::reduce_add(sum.to_vector<int32>());
}
