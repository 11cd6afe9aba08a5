// task: matvec_bfloat16_16
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void matvec_bfloat16_16(bfloat16 *m, bfloat16 *v, bfloat16 *out) {
  const aie::vector<bfloat16, 16> x = aie::load_v<16>(v);
  for (int i = 0; i < 16; i++)
    out[i] = (bfloat16)aie::reduce_add(aie::mul(aie::load_v<16>(m + 16 * i), x).to_vector<float>());
}
