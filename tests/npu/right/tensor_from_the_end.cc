// task: reverse_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// Two levels: the outer one goes back by four vectors, the inner one by one.
void reverse_int16_256(int16_t *in, int16_t *out) {
  const auto back = aie::make_tensor_descriptor<int16, 16>(aie::tensor_dim(1u, 0), aie::tensor_dim(1u, 0),
                                                          aie::tensor_dim(4u, -4), aie::tensor_dim(4u, -1));
  const auto on = aie::make_tensor_descriptor<int16, 16>(aie::tensor_dim(16u, 1));
  auto from = aie::make_tensor_buffer_stream<aie_dm_resource::a>(in + 240, back);
  auto to = aie::make_restrict_tensor_buffer_stream<aie_dm_resource::b>(out, on);
  for (int i = 0; i < 4; i++) {
    auto four = from.pop();
    for (int j = 0; j < 4; j++) to << aie::reverse(four.pop());
  }
}
