// task: clamp_int8_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void clamp_int8_256(int8_t *in, int8_t *out) {
  for (int i = 0; i < 256; i += 64) {
    aie::vector<int8, 64> x = aie::load_v<64>(in + i);
    aie::store_v(out + i, aie::min(aie::max(x, int8(-50)), int8(60)));
  }
}
