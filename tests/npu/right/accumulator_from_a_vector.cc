// task: axpy_bfloat16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void axpy_bfloat16_256(bfloat16 *__restrict x, bfloat16 *__restrict y, bfloat16 *__restrict out, bfloat16 alpha) {
  const aie::vector<bfloat16, 16> factor = aie::broadcast<bfloat16, 16>(alpha);
  for (int i = 0; i < 256; i += 16) {
    aie::accum<accfloat, 16> acc(aie::load_v<16>(y + i));
    acc = aie::mac(acc, aie::load_v<16>(x + i), factor);
    aie::store_v(out + i, acc.to_vector<bfloat16>());
  }
}
