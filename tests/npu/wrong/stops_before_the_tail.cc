// task: square_bfloat16_256
// verdict: incorrect
// says: unwritten
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void square_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  for (int i = 0; i + 16 < 256; i += 16) {
    aie::vector<bfloat16, 16> x = aie::load_v<16>(in + i);
    aie::store_v(out + i, aie::mul(x, x).to_vector<bfloat16>());
  }
}
