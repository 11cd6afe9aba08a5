// task: transpose_int8_16
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// Four rows at a time become columns of four, and the fours are zipped.
void transpose_int8_16(int8_t *in, int8_t *out) {
  aie::vector<int8, 64> turned[4];
  for (int i = 0; i < 4; i++) turned[i] = shuffle(aie::load_v<64>(in + 64 * i), T8_4x16);
  const auto even_low = shuffle(turned[0], turned[2], INTLV_lo_32o64), even_high = shuffle(turned[0], turned[2], INTLV_hi_32o64);
  const auto odd_low = shuffle(turned[1], turned[3], T32_2x16_lo), odd_high = shuffle(turned[1], turned[3], T32_2x16_hi);
  aie::store_v(out, shuffle(even_low, odd_low, T32_2x16_lo));
  aie::store_v(out + 64, shuffle(even_low, odd_low, T32_2x16_hi));
  aie::store_v(out + 128, shuffle(even_high, odd_high, T32_2x16_lo));
  aie::store_v(out + 192, shuffle(even_high, odd_high, T32_2x16_hi));
}
