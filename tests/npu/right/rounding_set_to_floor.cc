// task: multiply_shift_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void multiply_shift_int16_256(int16_t *a, int16_t *b, int16_t *out) {
  const auto before = aie::swap_rounding(aie::rounding_mode::floor);
  for (int i = 0; i < 256; i += 32) {
    auto product = aie::mul(aie::load_v<32>(a + i), aie::load_v<32>(b + i));
    aie::store_v(out + i, product.to_vector<int16>(15));
  }
  aie::set_rounding(before);
}
