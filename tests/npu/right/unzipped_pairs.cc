// task: avgpool1d_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void avgpool1d_int16_256(int16_t *in, int16_t *out) {
  aie::set_rounding(aie::rounding_mode::floor);
  for (int i = 0; i < 128; i += 16) {
    auto [even, odd] = aie::interleave_unzip(aie::load_v<16>(in + 2 * i), aie::load_v<16>(in + 2 * i + 16), 1);
    aie::accum<acc32, 16> sum(even);
    sum = aie::add(sum, odd);
    aie::store_v(out + i, sum.to_vector<int16>(1));
  }
}
