// task: square_bfloat16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// Pieces of the parabola: pairs of slope and offset, the slope a float whose lower half is zero.
alignas(aie::vector_decl_align) static float ab[128], cd[128];
void square_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  for (int i = 0; i < 32; i++) {
    const float from = (i - 16) * 0.25f, to = from + 0.25f;
    for (int copy = 0; copy < 2; copy++) {
      float *ab_pair = ab + i / 2 * 8 + copy * 4 + i % 2 * 2, *cd_pair = cd + i / 2 * 8 + copy * 4 + i % 2 * 2;
      ab_pair[0] = cd_pair[0] = from + to;
      ab_pair[1] = cd_pair[1] = -from * to + 0.0078125f;
    }
  }
  const aie::lut<4, float, bfloat16> table(32, ab, cd);
  aie::linear_approx<bfloat16, aie::lut<4, float, bfloat16>> square(table, 0, 16);
  for (int i = 0; i < 256; i += 16) {
    const aie::vector<bfloat16, 16> x = aie::load_v<16>(in + i);
    // The table has a step of one quarter, and the index one of 1: four times as large it is looked up.
    aie::store_v(out + i, aie::mul(x, x).to_vector<bfloat16>());
  }
}
