// task: interleave_bfloat16_128
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void interleave_bfloat16_128(bfloat16 *a, bfloat16 *b, bfloat16 *out) {
  for (int i = 0; i < 128; i += 32) {
    v32bfloat16 x = aie::load_v<32>(a + i), y = aie::load_v<32>(b + i);
    v32bfloat16 low = shuffle(x, y, T16_2x32_lo), high = shuffle(x, y, T16_2x32_hi);
    aie::store_v(out + 2 * i, aie::vector<bfloat16, 32>(low));
    aie::store_v(out + 2 * i + 32, aie::vector<bfloat16, 32>(high));
  }
}
