// task: reducemax_int32_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// The compiler's own functions on vectors of the API: the halves are folded by shifting bytes.
void reducemax_int32_256(int32_t *in, int32_t *out) {
  aie::vector<int32, 16> largest = aie::load_v<16>(in);
  for (int i = 16; i < 256; i += 16) largest = aie::max(largest, aie::load_v<16>(in + i));
  for (unsigned bytes = 32; bytes >= 4; bytes /= 2) {
    const aie::vector<int32, 16> moved = shift_bytes(largest, largest, bytes);
    largest = aie::max(largest, moved);
  }
  *out = ext_elem(largest, 0);
}
