// task: dequantize_int8_bfloat16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void dequantize_int8_bfloat16_256(int8_t *in, bfloat16 *out, bfloat16 scale) {
  for (int i = 0; i < 256; i += 16) {
    aie::vector<bfloat16, 16> x = aie::to_float<bfloat16>(aie::load_v<16>(in + i).unpack(), 0);
    aie::store_v(out + i, aie::mul(x, scale).to_vector<bfloat16>());
  }
}
