// task: saturating_add_int8_256
// verdict: build_failed
// says: no streams
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void saturating_add_int8_256(int8_t *a, int8_t *b, int8_t *out) {
  for (int i = 0; i < 256; i += 32) aie::store_v(out + i, aie::add(aie::load_v<32>(a + i), readincr_v<32>(b)));
}
