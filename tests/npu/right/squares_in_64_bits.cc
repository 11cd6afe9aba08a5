// task: sumsquares_int16_512
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void sumsquares_int16_512(int16_t *in, int32_t *out) {
  aie::accum<acc64, 16> acc = aie::zeros<acc64, 16>();
  for (int i = 0; i < 512; i += 16) acc = aie::mac_square(acc, aie::load_v<16>(in + i));
  *out = aie::reduce_add(acc.to_vector<int32>());
}
