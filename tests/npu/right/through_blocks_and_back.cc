// task: clamp_int8_256
// devices: npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// Within -50 and 60 a block keeps every bit. The blocks wait in a buffer that is read as a tensor.
alignas(aie::vector_decl_align) static bfp16ebs8 waiting[4 * aie::block_vector<bfp16ebs8, 64>::memory_bytes()];
void clamp_int8_256(int8_t *in, int8_t *out) {
  aie::block_vector_output_buffer_stream<bfp16ebs8, 64> blocks(waiting);
  for (int i = 0; i < 256; i += 64) {
    const auto x = aie::clamp(aie::load_v<64>(in + i), int8(-50), int8(60));
    const aie::accum<accfloat, 64> wide(aie::to_float<bfloat16>(x));
    blocks << wide.to_vector<bfp16ebs8>();
  }
  const auto rows = aie::make_tensor_descriptor<bfp16ebs8, 64>(aie::tensor_dim(4u, 1));
  auto back = aie::make_tensor_buffer_stream(waiting, rows);
  for (int i = 0; i < 256; i += 64) {
    const aie::accum<accfloat, 64> wide(back.pop());
    aie::store_v(out + i, aie::to_fixed<int16>(wide.to_vector<bfloat16>()).pack());
  }
}
