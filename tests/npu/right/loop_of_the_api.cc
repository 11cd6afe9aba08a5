// task: interleave_bfloat16_128
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include <aie_api/utils.hpp>
#include "aie_kernel_utils.h"
void interleave_bfloat16_128(bfloat16 *a, bfloat16 *b, bfloat16 *out) {
  const aie::interleave_zip_mode<bfloat16, 16> pairs(1);
  aie::pipelined_loop<4, aie::LoopOptions{.peel_front = 1, .peel_back = 1}>(8, [&](unsigned i) {
    const auto both = aie::interleave_zip(aie::load_v<16>(a + 16 * i), aie::load_v<16>(b + 16 * i), pairs);
    aie::unroll_times<2>([&](auto half) { aie::store_v(out + 32 * i + 16 * half, std::get<half>(both)); });
  });
}
