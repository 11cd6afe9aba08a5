// task: square_bfloat16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// Pairs of slope and offset; the slope is a float whose lower half is zero. A piece is one wide in what is looked up,
// which is sixteen times the input.
constexpr int pieces = 128;
struct Table {
  alignas(aie::vector_decl_align) float pair[pieces * 4] = {};
  constexpr Table() {
    for (int i = 0; i < pieces; i++)
      for (int copy = 0; copy < 2; copy++) {
        const float from = (i - pieces / 2) / 16.0f, to = from + 1 / 16.0f;
        pair[i / 2 * 8 + copy * 4 + i % 2 * 2] = (from + to) / 16;
        pair[i / 2 * 8 + copy * 4 + i % 2 * 2 + 1] = -from * to;
      }
  }
};
static constexpr Table ab, cd;
void square_bfloat16_256(bfloat16 *__restrict in, bfloat16 *__restrict out) {
  const aie::lut<4, float, bfloat16> table(pieces, ab.pair, cd.pair);
  aie::linear_approx<bfloat16, aie::lut<4, float, bfloat16>> square(table, 0, pieces / 2);
  for (int i = 0; i < 256; i += 16) {
    const aie::vector<bfloat16, 16> x = aie::mul(aie::load_v<16>(in + i), bfloat16(16.0f)).to_vector<bfloat16>();
    aie::store_v(out + i, square.compute(x).to_vector<bfloat16>());
  }
}
