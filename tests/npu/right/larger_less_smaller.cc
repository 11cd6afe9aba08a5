// task: absdiff_uint8_512
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
using namespace aie::operators;
void absdiff_uint8_512(uint8_t *__restrict a, uint8_t *__restrict b, uint8_t *__restrict out) {
  for (int i = 0; i < 512; i += 64) {
    auto x = aie::load_v<64>(a + i);
    auto y = aie::load_v<64>(b + i);
    aie::store_v(out + i, aie::max(x, y) - aie::min(x, y));
  }
}
