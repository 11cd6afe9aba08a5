// task: reverse_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void reverse_int16_256(int16_t *in, int16_t *out) {
  for (int i = 0; i < 256; i += 32) aie::store_v(out + 224 - i, aie::reverse(aie::load_v<32>(in + i)));
}
