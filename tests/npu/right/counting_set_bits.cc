// task: countpositive_int8_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void countpositive_int8_256(int8_t *in, int32_t *out) {
  int32_t count = 0;
  for (int i = 0; i < 256; i += 64) count += aie::gt(aie::load_v<64>(in + i), int8(0)).count();
  *out = count;
}
