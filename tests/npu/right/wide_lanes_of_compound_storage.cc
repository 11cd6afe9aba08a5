// task: threshold_uint8_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void threshold_uint8_256(uint8_t *in, uint8_t *out, uint8_t threshold) {
  for (int i = 0; i < 256; i += 128) {
    aie::vector<uint8, 128> x = aie::load_v<128>(in + i);
    aie::store_v(out + i, aie::select(uint8(0), uint8(255), aie::gt(x, threshold)));
  }
}
