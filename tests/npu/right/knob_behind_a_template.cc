// task: square_bfloat16_512
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
constexpr unsigned LANES = 16;  // tune: 16, 32
template <unsigned N, class T>
__attribute__((noinline)) static void squares(const T *__restrict in, T *__restrict out, unsigned count) {
  for (unsigned i = 0; i < count; i += N) aie::store_v(out + i, aie::mul_square(aie::load_v<N>(in + i)).template to_vector<T>());
}
void square_bfloat16_512(bfloat16 *in, bfloat16 *out) { squares<LANES>(in, out, 512); }
