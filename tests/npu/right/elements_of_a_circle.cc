// task: rotate_int32_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void rotate_int32_256(int32_t *in, int32_t *out) {
  auto from = aie::cbegin_random_circular<256>(in) + 5;
  auto same = aie::cbegin_circular(in, 256);
  for (int i = 0; i < 256 + 5; i++) ++same;  // once round, and as far
  for (int i = 0; i < 256; i += 16) {
    aie::vector<int32, 16> v;
    for (int j = 0; j < 16; j += 2, from += 2) v[j] = *same++, v[j + 1] = from[1], ++same;
    aie::store_v(out + i, v);
  }
}
