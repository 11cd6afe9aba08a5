// task: matmul_int16_16
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void matmul_int16_16(int16_t *__restrict a, int16_t *__restrict b, int32_t *__restrict out) {
  for (int i = 0; i < 16; i++) {
    aie::accum<acc64, 16> acc = aie::zeros<acc64, 16>();
    for (int k = 0; k < 16; k++) acc = aie::mac(acc, aie::load_v<16>(b + 16 * k), a[16 * i + k]);
    aie::store_v(out + 16 * i, acc.to_vector<int32>());
  }
}
