// task: cast_int32_bfloat16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void cast_int32_bfloat16_256(int32_t *in, bfloat16 *out) {
  for (int i = 0; i < 256; i += 16) {
    aie::accum<accfloat, 16> wide(aie::to_float<float>(aie::load_v<16>(in + i)));
    aie::store_v(out + i, wide.to_vector<bfloat16>());
  }
}
