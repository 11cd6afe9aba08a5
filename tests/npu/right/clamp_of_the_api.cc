// task: clamp_int8_512
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void clamp_int8_512(int8_t *__restrict in, int8_t *__restrict out) {
  AIE_LOOP_MIN_ITERATION_COUNT(8)
  for (int i = 0; i < 512; i += 32) aie::store_v(out + i, aie::clamp(aie::load_v<32>(in + i), int8(-50), int8(60)));
}
