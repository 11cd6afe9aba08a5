// task: interleave_bfloat16_128
// verdict: build_failed
// says: Requested peeling exceeds loop range
#include <aie_api/aie.hpp>
#include <aie_api/utils.hpp>
#include "aie_kernel_utils.h"
void interleave_bfloat16_128(bfloat16 *a, bfloat16 *b, bfloat16 *out) {
  aie::pipelined_loop<2, aie::LoopOptions{.peel_front = 1, .peel_back = 1}>(128, [&](unsigned i) {
    out[2 * i] = a[i];
    out[2 * i + 1] = b[i];
  });
}
