// task: square_bfloat16_256
// verdict: build_failed
// says: lut_based_ops
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
#include <lut_based_ops.h>
void square_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  for (int i = 0; i < 256; i++) out[i] = in[i] * in[i];
}
