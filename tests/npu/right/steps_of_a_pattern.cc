// task: maxpool1d_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// Of each four elements the two even ones, then the two odd ones.
void maxpool1d_int16_256(int16_t *in, int16_t *out) {
  auto it = aie::cbegin_pattern<4>(in, 2, -1, 2, 1);
  for (int i = 0; i < 128; i += 16) {
    aie::vector<int16, 16> even, odd;
    for (int j = 0; j < 16; j += 2) {
      even[j] = *it++, even[j + 1] = *it++;
      odd[j] = *it++, odd[j + 1] = *it++;
    }
    aie::store_v(out + i, aie::max(even, odd));
  }
}
