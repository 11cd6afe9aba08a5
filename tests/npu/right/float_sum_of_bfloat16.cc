// task: mean_bfloat16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void mean_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  aie::accum<accfloat, 16> acc = aie::zeros<accfloat, 16>();
  for (int i = 0; i < 256; i += 16) acc = aie::add(acc, aie::load_v<16>(in + i));
  *out = (bfloat16)(aie::reduce_add(acc.to_vector<float>()) * (1.0f / 256));
}
