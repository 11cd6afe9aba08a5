// task: reducemax_int32_512
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void reducemax_int32_512(int32_t *in, int32_t *out) {
  auto it = aie::cbegin_vector<16>(in);
  aie::vector<int32, 16> most = *it++;
  for (int i = 1; i < 32; i++) most = aie::max(most, *it++);
  *out = aie::reduce_max(most);
}
