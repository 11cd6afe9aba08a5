// task: reducesum_int32_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void reducesum_int32_256(int32_t *in, int32_t *out) {
  aie::vector<int32, 16> even = aie::zeros<int32, 16>(), odd = aie::zeros<int32, 16>();
  for (int i = 0; i < 256; i += 32) {
    even = aie::add(even, aie::load_v<16>(in + i));
    odd = aie::add(odd, aie::load_v<16>(in + i + 16));
  }
  *out = aie::reduce_add(aie::add(even, odd));
}
