// task: saturating_add_int8_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void saturating_add_int8_256(int8_t *a, int8_t *b, int8_t *out) {
  aie::set_saturation(aie::saturation_mode::saturate);
  for (int i = 0; i < 256; i += 32)
    aie::store_v(out + i, aie::saturating_add(aie::load_v<32>(a + i), aie::load_v<32>(b + i)));
}
