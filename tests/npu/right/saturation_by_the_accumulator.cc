// task: saturating_add_int8_512
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void saturating_add_int8_512(int8_t *restrict a, int8_t *restrict b, int8_t *restrict out) {
  aie::tile::current().set_saturation(aie::saturation_mode::saturate);
  for (int i = 0; i < 512; i += 32) {
    aie::accum<acc32, 32> sum(aie::load_v<32>(a + i));
    sum = aie::add(sum, aie::load_v<32>(b + i));
    aie::store_v(out + i, sum.to_vector<int8>());
  }
}
