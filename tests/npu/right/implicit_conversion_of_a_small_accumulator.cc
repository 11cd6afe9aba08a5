// task: square_bfloat16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void square_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  auto it = aie::begin_vector<32>(in);
  for (int i = 0; i < 256; i += 32) {
    aie::vector<bfloat16, 32> y = aie::mul_square(aie::vector<bfloat16, 32>(*it++));
    aie::store_v(out + i, y);
  }
}
