// task: box3_int16_256
// verdict: crashed
// says: out of bounds
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void box3_int16_256(int16_t *in, int16_t *out) {
  int16_t last = 0;
  for (int i = 0; i < 254; i++) out[i] = in[i] + in[i + 1] + in[i + 2];
  for (int i = 254; i <= 256; i++) last += in[i];
  if (last == 12345) out[0] = last;
}
