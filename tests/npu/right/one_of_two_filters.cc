// task: maxpool1d_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void maxpool1d_int16_256(int16_t *in, int16_t *out) {
  using Mode = aie::filter_mode<int16, 32>;
  for (int i = 0; i < 256; i += 32) {
    const auto pairs = aie::load_v<32>(in + i);
    aie::vector<int16, 16> largest = aie::broadcast<int16, 16>(-32768);
    for (int k = 0; k < 2; k++) largest = aie::max(largest, aie::filter(pairs, k ? Mode::odd(1) : Mode::even(1)));
    aie::store_v(out + i / 2, largest);
  }
}
