// task: square_bfloat16_256
// verdict: incorrect
// says: not finite
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void square_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  for (int i = 0; i < 256; i++) out[i] = (bfloat16)(((float)in[i] - (float)in[i]) / 0.0f);
}
