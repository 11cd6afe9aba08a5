// task: conv1d_k3_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void conv1d_k3_int16_256(int16_t *in, int16_t *taps, int32_t *out) {
  aie::vector<int16, 8> raw = aie::zeros<int16, 8>();
  for (unsigned k = 0; k < 3; k++) raw[k] = taps[k];
  const aie::vector<int16, 16> coefficients = raw.grow<16>();
  for (int i = 0; i < 240; i += 16) {
    aie::vector<int16, 32> data = aie::concat(aie::load_v<16>(in + i), aie::load_v<16>(in + i + 16));
    auto acc = aie::sliding_mul<16, 3>(coefficients, 0, data, 0);
    aie::store_v(out + i, acc.to_vector<int32>());
  }
  for (int i = 240; i < 254; i++) {
    int32_t sum = 0;
    for (int k = 0; k < 3; k++) sum += in[i + k] * taps[k];
    out[i] = sum;
  }
}
