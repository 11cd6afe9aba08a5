// task: cast_int16_int8_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void cast_int16_int8_256(int16_t *in, int8_t *out) {
  aie::set_saturation(aie::saturation_mode::saturate);
  for (int i = 0; i < 256; i += 32) aie::store_v(out + i, aie::pack(aie::load_v<32>(in + i)));
}
