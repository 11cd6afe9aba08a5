// task: rotate_int32_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// Two neighbours of the circle make the lanes that lie across their border.
void rotate_int32_256(int32_t *in, int32_t *out) {
  auto next = aie::cbegin_vector_random_circular<16>(in, 256);
  auto [to] = aie::begin_vectors<16>(out);
  for (int i = 0; i < 16; i++, ++next) *to++ = aie::shuffle_down_fill(*next, next[1], 5);
}
