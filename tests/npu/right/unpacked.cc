// task: cast_int8_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void cast_int8_int16_256(int8_t *in, int16_t *out) {
  v32int8 *from = (v32int8 *)in;
  for (int i = 0; i < 8; i++) {
    aie::vector<int8, 32> x = from[i];
    aie::store_v(out + 32 * i, x.unpack());
  }
}
