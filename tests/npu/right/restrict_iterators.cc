// task: clamp_int8_1024
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void clamp_int8_1024(int8_t *in, int8_t *out) {
  auto from = aie::cbegin_restrict_vector<64>(in);
  auto to = aie::begin_restrict_vector<64>(out);
  AIE_PREPARE_FOR_PIPELINING
  AIE_LOOP_RANGE(16, 16)
  for (int i = 0; i < 16; i++) *to++ = aie::max(aie::min(*from++, int8(60)), int8(-50));
}
