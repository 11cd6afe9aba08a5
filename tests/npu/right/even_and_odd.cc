// task: maxpool1d_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void maxpool1d_int16_256(int16_t *in, int16_t *out) {
  for (int i = 0; i < 128; i += 16) {
    aie::vector<int16, 32> x = aie::load_v<32>(in + 2 * i);
    aie::store_v(out + i, aie::max(aie::filter_even(x), aie::filter_odd(x)));
  }
}
