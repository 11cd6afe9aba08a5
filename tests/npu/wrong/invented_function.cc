// task: clamp_int8_256
// verdict: build_failed
// says: vector_load_partial
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void clamp_int8_256(int8_t *in, int8_t *out) {
  aie::vector<int8, 64> x = aie::vector_load_partial<64>(in, 64);
  aie::store_v(out, x);
}
