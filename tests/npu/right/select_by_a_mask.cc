// task: absdiff_uint8_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void absdiff_uint8_256(uint8_t *a, uint8_t *b, uint8_t *out) {
  for (int i = 0; i < 256; i += 64) {
    aie::vector<uint8, 64> x = aie::load_v<64>(a + i), y = aie::load_v<64>(b + i);
    aie::mask<64> larger = aie::gt(x, y);
    aie::store_v(out + i, aie::select(aie::sub(y, x), aie::sub(x, y), larger));
  }
}
