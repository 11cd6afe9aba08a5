// task: matmul_int8_16
// verdict: build_failed
// says: implicit instantiation of undefined template 'aie::detail::mmul_storage
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void matmul_int8_16(int8_t *a, int8_t *b, int32_t *out) {
  aie::store_v(out, aie::mmul_fn<4, 4, 4>(aie::load_v<16>(a), aie::load_v<16>(b)).to_vector<int32>());
}
