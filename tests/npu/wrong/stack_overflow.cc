// task: reverse_int16_256
// verdict: crashed
// says: stack
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void reverse_int16_256(int16_t *in, int16_t *out) {
  volatile int16_t copy[40000];
  for (int i = 0; i < 40000; i++) copy[i] = in[i % 256];
  for (int i = 0; i < 256; i++) out[i] = copy[255 - i];
}
