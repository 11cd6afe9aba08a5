// task: clamp_int8_256
// verdict: build_failed
// says: no matching function
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void clamp_int8_256(int8_t *in, int8_t *out) {
  for (int i = 0; i < 256; i += 64)
    aie::store_v(out + i, aie::min(aie::max(aie::load_v<64>(in + i), -50), 60));
}
