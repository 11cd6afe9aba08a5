// task: square_bfloat16_256
// verdict: build_failed
// says: vector_storage
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void square_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  for (int i = 0; i < 256; i += 4) {
    aie::vector<bfloat16, 4> x = aie::load_v<4>(in + i);
    aie::store_v(out + i, aie::mul(x, x).to_vector<bfloat16>());
  }
}
