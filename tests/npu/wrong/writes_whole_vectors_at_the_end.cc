// task: fir8_bfloat16_256
// verdict: incorrect
// says: store outside
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void fir8_bfloat16_256(bfloat16 *in, bfloat16 *taps, bfloat16 *out) {
  for (int i = 0; i < 249; i += 16) {
    aie::accum<accfloat, 16> acc = aie::zeros<accfloat, 16>();
    for (int k = 0; k < 8; k++)
      if (i + k + 16 <= 256) acc = aie::mac(acc, aie::load_unaligned_v<16>(in + i + k), taps[k]);
    aie::store_v(out + i, acc.to_vector<bfloat16>());
  }
}
