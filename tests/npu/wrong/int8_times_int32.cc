// task: dequantize_int8_bfloat16_256
// verdict: build_failed
// says: no matching function
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void dequantize_int8_bfloat16_256(int8_t *in, bfloat16 *out, bfloat16 scale) {
  for (int i = 0; i < 256; i += 32) {
    auto acc = aie::mul(aie::load_v<32>(in + i), int32(16));
    aie::store_v(out + i, aie::to_float<bfloat16>(acc.to_vector<int32>(), 8));
  }
}
