// task: interleave_bfloat16_128
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void interleave_bfloat16_128(bfloat16 *a, bfloat16 *b, bfloat16 *out) {
  for (int i = 0; i < 128; i += 32) {
    auto [low, high] = aie::interleave_zip(aie::load_v<32>(a + i), aie::load_v<32>(b + i), 1);
    aie::store_v(out + 2 * i, low);
    aie::store_v(out + 2 * i + 32, high);
  }
}
