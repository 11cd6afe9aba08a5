// task: transpose_int8_16
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void transpose_int8_16(int8_t *in, int8_t *out) {
  aie::store_v(out, aie::transpose(aie::load_v<256>(in), 16, 16));
}
