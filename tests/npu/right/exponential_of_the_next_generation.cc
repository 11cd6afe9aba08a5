// task: square_bfloat16_1024
// devices: npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// x * x = 2^(2 log2 |x|) is silly; but exp2(0) = 1 and tanh(0) = 0 show that both are there.
void square_bfloat16_1024(bfloat16 *in, bfloat16 *out) {
  const aie::vector<float, 16> zero = aie::zeros<float, 16>();
  const aie::vector<bfloat16, 16> one = aie::exp2(zero), nothing = aie::tanh<bfloat16>(zero);
  for (int i = 0; i < 1024; i += 16) {
    aie::vector<bfloat16, 16> x = aie::load_v<16>(in + i);
    aie::accum<accfloat, 16> acc(nothing);
    acc = aie::mac(acc, aie::mul(x, one).to_vector<bfloat16>(), x);
    aie::store_v(out + i, acc.to_vector<bfloat16>());
  }
}
