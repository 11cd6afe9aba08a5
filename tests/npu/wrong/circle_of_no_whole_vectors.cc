// task: rotate_int32_256
// verdict: crashed
// says: Array size needs to be a multiple of vector size
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void rotate_int32_256(int32_t *in, int32_t *out) {
  auto next = aie::cbegin_vector_circular<16>(in, 250);
  for (int i = 0; i < 256; i += 16) aie::store_v(out + i, *next++);
}
