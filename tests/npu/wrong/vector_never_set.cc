// task: reducemax_int32_256
// verdict: incorrect
// says: undefined
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void reducemax_int32_256(int32_t *in, int32_t *out) {
  aie::vector<int32, 16> most;
  for (int i = 0; i < 240; i += 16) most = aie::max(most, aie::load_v<16>(in + i));
  *out = aie::reduce_add(most);
}
