// task: countpositive_int8_256
// verdict: crashed
// says: stack
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
static int32_t count(volatile int8_t *in, int32_t i) {
  volatile int32_t here[4] = {in[i % 256], i, 0, 0};
  const int32_t rest = count(in, i + 1);
  return rest + (here[0] > 0) + here[2];
}
void countpositive_int8_256(int8_t *in, int32_t *out) { *out = count(in, 0); }
