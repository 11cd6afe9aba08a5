// task: leaky_relu_int8_256
// verdict: build_failed
// says: implicit instantiation of undefined template 'aie::detail::linear_approx
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// An input of int8 has slopes and offsets of int8.
alignas(aie::vector_decl_align) static int16_t ab[128], cd[128];
void leaky_relu_int8_256(int8_t *in, int8_t *out) {
  const aie::lut<4, int16, int16> table(32, ab, cd);
  aie::linear_approx<int8, aie::lut<4, int16, int16>> relu(table, 3, 16);
  for (int i = 0; i < 256; i += 32) aie::store_v(out + i, relu.compute(aie::load_v<32>(in + i)).to_vector<int8>());
}
