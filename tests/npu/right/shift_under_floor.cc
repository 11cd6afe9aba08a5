// task: leaky_relu_int8_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void leaky_relu_int8_256(int8_t *in, int8_t *out) {
  aie::set_rounding(aie::rounding_mode::floor);
  for (int i = 0; i < 256; i += 32) {
    aie::vector<int8, 32> x = aie::load_v<32>(in + i);
    aie::store_v(out + i, aie::select(x, aie::downshift(x, 3), aie::lt(x, int8(0))));
  }
}
