// task: leaky_relu_int8_256
// verdict: incorrect
// says: differ
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// Without the bias of 16 the elements of negative inputs lie before the table.
struct Table {
  alignas(aie::vector_decl_align) int8_t pair[128] = {};
  constexpr Table() {
    for (int i = 0; i < 32; i++)
      for (int copy = 0; copy < 2; copy++) {
        pair[i / 8 * 32 + copy * 16 + i % 8 * 2] = i < 16 ? 0 : 1;
        pair[i / 8 * 32 + copy * 16 + i % 8 * 2 + 1] = i < 16 ? i - 16 : (i - 16) * 8;
      }
  }
};
static constexpr Table ab, cd;
void leaky_relu_int8_256(int8_t *in, int8_t *out) {
  const aie::lut<4, int8, int8> table(32, ab.pair, cd.pair);
  aie::linear_approx<int8, aie::lut<4, int8, int8>> relu(table, 3);
  for (int i = 0; i < 256; i += 32) aie::store_v(out + i, relu.compute(aie::load_v<32>(in + i)).to_vector<int8>());
}
