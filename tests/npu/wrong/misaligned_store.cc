// task: rotate_int32_256
// verdict: incorrect
// says: alignment
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void rotate_int32_256(int32_t *in, int32_t *out) {
  for (int i = 0; i < 5; i++) out[251 + i] = in[i];
  for (int i = 0; i < 248; i += 8) aie::store_v(out + i + 1, aie::load_v<8>(in + i));
}
