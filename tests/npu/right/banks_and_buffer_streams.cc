// task: saturating_add_int8_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void saturating_add_int8_256(int8_t *a, int8_t *b, int8_t *out) {
  aie::set_saturation(aie::saturation_mode::saturate);
  aie::vector_input_buffer_stream<int8, 32, aie_dm_resource::a> left(a);
  auto right = aie::begin_restrict_vector<32, aie_dm_resource::b>(b);
  auto sums = aie::make_vector_output_buffer_stream<32, aie_dm_resource::c>(out);
  for (int i = 0; i < 8; i++) {
    aie::vector<int8, 32> x;
    left >> x;
    sums << aie::mac(aie::accum<acc32, 32>(x), aie::vector<int8, 32>(*right++), int8(1)).to_vector_sign<int8>(true);
  }
}
