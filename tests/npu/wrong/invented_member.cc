// task: clamp_int8_256
// verdict: build_failed
// says: no member named
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void clamp_int8_256(int8_t *in, int8_t *out) {
  aie::vector<int8, 64> x = aie::load_v<64>(in);
  aie::store_v(out, x.clamp(-50, 60));
}
