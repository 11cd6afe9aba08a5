// task: countpositive_int8_256
// verdict: crashed
// says: division
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void countpositive_int8_256(int8_t *in, int32_t *out) {
  volatile int32_t none = 0;
  *out = in[0] / none;
}
