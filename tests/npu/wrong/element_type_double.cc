// task: mean_bfloat16_256
// verdict: build_failed
// says: vector
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void mean_bfloat16_256(bfloat16 *in, bfloat16 *out) {
  aie::vector<double, 8> sum = aie::zeros<double, 8>();
  *out = (bfloat16)(float)aie::reduce_add(sum);
}
