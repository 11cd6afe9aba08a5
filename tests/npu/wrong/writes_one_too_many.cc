// task: reverse_int16_256
// verdict: crashed
// says: out of bounds
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void reverse_int16_256(int16_t *in, int16_t *out) {
  for (int i = 0; i <= 256; i++) out[256 - i] = in[i ? i - 1 : 0];
}
