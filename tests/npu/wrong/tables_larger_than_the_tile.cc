// task: clamp_int8_256
// verdict: incorrect
// says: tile memory
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
static int8_t table[70000];
void clamp_int8_256(int8_t *in, int8_t *out) {
  for (int i = 0; i < 256; i++) table[(i * 271) % 70000] = in[i] < -50 ? -50 : in[i] > 60 ? 60 : in[i];
  for (int i = 0; i < 256; i++) out[i] = table[(i * 271) % 70000];
}
