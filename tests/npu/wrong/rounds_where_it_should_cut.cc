// task: multiply_shift_int16_256
// verdict: incorrect
// says: differ
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void multiply_shift_int16_256(int16_t *a, int16_t *b, int16_t *out) {
  for (int i = 0; i < 256; i += 32)
    aie::store_v(out + i, aie::mul(aie::load_v<32>(a + i), aie::load_v<32>(b + i)).to_vector<int16>(15));
}
