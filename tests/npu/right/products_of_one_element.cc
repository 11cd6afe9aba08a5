// task: outer_int8_16
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void outer_int8_16(int8_t *a, int8_t *b, int16_t *out) {
  const aie::vector<int8, 16> row = aie::load_v<16>(b);
  const aie::vector<int8, 16> column = aie::load_v<16>(a);
  for (unsigned i = 0; i < 16; i++) {
    auto wide = aie::mul(row.grow<32>(), column[i]);
    aie::store_v(out + 16 * i, wide.to_vector<int16>().extract<16>(0));
  }
}
