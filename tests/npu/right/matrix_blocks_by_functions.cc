// task: matmul_int8_16
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
template <int M, int K, int N>
static void multiply(int8_t *a, int8_t *b, int32_t *out) {
  using MMUL = aie::mmul<4, 8, 8, int8, int8>;
  alignas(64) int8_t left[MMUL::size_A], right[MMUL::size_B];
  alignas(64) int32_t product[MMUL::size_C];
  for (int i = 0; i < M; i += 4)
    for (int j = 0; j < N; j += 8) {
      aie::accum<acc32, 32> sum = aie::zeros<acc32, 32>();
      for (int k = 0; k < K; k += 8) {
        for (int y = 0; y < 4; y++) for (int x = 0; x < 8; x++) left[y * 8 + x] = a[(i + y) * K + k + x];
        for (int y = 0; y < 8; y++) for (int x = 0; x < 8; x++) right[y * 8 + x] = b[(k + y) * N + j + x];
        const auto x = aie::load_v<MMUL::size_A>(left);
        const auto y = aie::load_v<MMUL::size_B>(right);
        sum = aie::mmac_fn<4, 8, 8>(sum, aie::op_sign(x, true), y).to_accum();
      }
      aie::store_v(product, sum.to_vector<int32>());
      for (int y = 0; y < 4; y++) for (int x = 0; x < 8; x++) out[(i + y) * N + j + x] = product[y * 8 + x];
    }
}
void matmul_int8_16(int8_t *a, int8_t *b, int32_t *out) { multiply<16, 16, 16>(a, b, out); }
