// task: sumsquares_int16_256
// devices: npu1,npu2
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// The squares of both parts of a number are its product with its conjugate.
void sumsquares_int16_256(int16_t *in, int32_t *out) {
  const cint16 *pairs = (const cint16 *)in;
  auto sum = aie::zeros<cacc64, 8>();
  for (int i = 0; i < 128; i += 8) {
    const aie::vector<cint16, 8> x = aie::load_v<8>(pairs + i);
    sum = aie::mac(sum, x, aie::op_conj(x));
  }
  *out = aie::reduce_add(aie::real(sum.to_vector<cint32>()));
}
