// task: cast_int16_int8_256
// verdict: incorrect
// says: differ
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void cast_int16_int8_256(int16_t *in, int8_t *out) {
  for (int i = 0; i < 256; i += 32) aie::store_v(out + i, aie::load_v<32>(in + i).pack());
}
