// task: reverse_int16_256
// verdict: incorrect
// says: unwritten
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// T16_4x4 turns sixteen elements; what stands in the other sixteen lanes of its result is not documented.
void reverse_int16_256(int16_t *in, int16_t *out) {
  for (int i = 0; i < 256; i += 32) {
    const auto turned = shuffle(aie::load_v<32>(in + 224 - i), T16_4x4);
    aie::store_v(out + i, aie::reverse(shuffle(turned, T16_4x4)));
  }
}
