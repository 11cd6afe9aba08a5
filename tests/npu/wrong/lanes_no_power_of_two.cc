// task: clamp_int8_256
// verdict: build_failed
// says: vector_storage
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void clamp_int8_256(int8_t *in, int8_t *out) {
  for (int i = 0; i < 240; i += 48) {
    aie::vector<int8, 48> x = aie::load_v<48>(in + i);
    aie::store_v(out + i, aie::clamp(x, int8(-50), int8(60)));
  }
}
