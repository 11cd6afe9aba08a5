// task: conv1d_k3_int16_256
// verdict: incorrect
// says: alignment
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void conv1d_k3_int16_256(int16_t *in, int16_t *taps, int32_t *out) {
  for (int i = 0; i < 240; i += 16) {
    aie::accum<acc64, 16> acc = aie::mul<acc64>(aie::load_v<16>(in + i), taps[0]);
    acc = aie::mac(acc, aie::load_v<16>(in + i + 1), taps[1]);
    acc = aie::mac(acc, aie::load_v<16>(in + i + 2), taps[2]);
    aie::store_v(out + i, acc.to_vector<int32>());
  }
  for (int i = 240; i < 254; i++) out[i] = in[i] * taps[0] + in[i + 1] * taps[1] + in[i + 2] * taps[2];
}
