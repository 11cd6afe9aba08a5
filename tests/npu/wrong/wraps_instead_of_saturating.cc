// task: saturating_add_int8_256
// verdict: incorrect
// says: differ
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void saturating_add_int8_256(int8_t *a, int8_t *b, int8_t *out) {
  for (int i = 0; i < 256; i += 64) aie::store_v(out + i, aie::add(aie::load_v<64>(a + i), aie::load_v<64>(b + i)));
}
