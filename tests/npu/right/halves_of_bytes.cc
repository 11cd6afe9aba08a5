// task: cast_int8_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// A byte is sixteen times its upper half, which has the sign, and its lower one.
void cast_int8_int16_256(int8_t *__restrict in, int16_t *__restrict out) {
  const aie::vector<int8, 32> sixteen = aie::broadcast<int8, 32>(16);
  auto halves = aie::begin_vector<64>((int4 *)in);
  for (int i = 0; i < 256; i += 32) {
    const aie::vector<int4, 64> both = *halves++;
    const auto low = aie::filter_even(aie::unpack(aie::op_sign(both, false)));
    const auto high = aie::filter_odd(both.unpack());
    aie::store_v(out + i, aie::mac(aie::accum<acc32, 32>(low), high, sixteen).to_vector<int16>());
  }
}
