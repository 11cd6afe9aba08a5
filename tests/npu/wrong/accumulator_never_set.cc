// task: sumsquares_int16_256
// verdict: incorrect
// says: undefined
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void sumsquares_int16_256(int16_t *in, int32_t *out) {
  aie::accum<acc64, 16> acc;
  for (int i = 0; i < 256; i += 16) acc = aie::mac_square(acc, aie::load_v<16>(in + i));
  *out = aie::reduce_add(acc.to_vector<int32>());
}
