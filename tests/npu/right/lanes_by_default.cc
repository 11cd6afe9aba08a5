// task: maxpool1d_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void maxpool1d_int16_256(int16_t *in, int16_t *out) {
  for (int i = 0; i < 128; i += 32) {
    aie::vector<int16> a = aie::load_v(in + 2 * i), b = aie::load_v(in + 2 * i + 32);
    aie::vector<int16> even = shuffle(a, b, T16_32x2_lo), odd = shuffle(a, b, T16_32x2_hi);
    aie::store_v(out + i, aie::max(even, odd));
  }
}
