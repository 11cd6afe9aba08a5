// task: box3_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void box3_int16_256(int16_t *in, int16_t *out) {
  aie::vector<int16, 16> here = aie::load_v<16>(in);
  for (int i = 0; i < 240; i += 16) {
    const aie::vector<int16, 16> next = aie::load_v<16>(in + i + 16);
    auto sum = aie::add(here, aie::shuffle_down_fill(here, next, 1));
    aie::store_v(out + i, aie::add(sum, aie::shuffle_down_fill(here, next, 2)));
    here = next;
  }
  for (int i = 240; i < 254; i++) out[i] = in[i] + in[i + 1] + in[i + 2];
}
