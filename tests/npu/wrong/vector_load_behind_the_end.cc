// task: reducesum_int32_256
// verdict: incorrect
// says: load outside
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void reducesum_int32_256(int32_t *in, int32_t *out) {
  aie::vector<int32, 16> sum = aie::zeros<int32, 16>();
  aie::vector<int32, 16> next = aie::load_v<16>(in);
  for (int i = 0; i < 256; i += 16) {
    sum = aie::add(sum, next);
    next = aie::load_v<16>(in + i + 16);
  }
  *out = aie::reduce_add(sum);
}
