// task: interleave_bfloat16_128
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include <aie_api/utils.hpp>
#include "aie_kernel_utils.h"
// Loading is two rounds ahead of storing.
void interleave_bfloat16_128(bfloat16 *a, bfloat16 *b, bfloat16 *out) {
  aie::vector<bfloat16, 16> left[3], right[3];
  aie::pipelined_loops<6, aie::LoopOptions{.peel_front = 2}, aie::LoopOptions{.peel_back = 2}>(
      8,
      [&](unsigned i) {
        left[i % 3] = aie::load_v<16>(a + 16 * i);
        right[i % 3] = aie::load_v<16>(b + 16 * i);
      },
      [&](unsigned i) {
        const auto [low, high] = aie::interleave_zip(left[i % 3], right[i % 3], 1);
        aie::store_v(out + 32 * i, low);
        aie::store_v(out + 32 * i + 16, high);
      });
}
