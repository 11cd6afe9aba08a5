// task: matmul_int8_16
// verdict: build_failed
// says: mmul_storage
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void matmul_int8_16(int8_t *a, int8_t *b, int32_t *out) {
  aie::mmul<3, 3, 3, int8, int8> product;
  aie::store_v(out, product.to_vector<int32>());
}
