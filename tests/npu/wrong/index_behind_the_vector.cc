// task: countpositive_int8_256
// verdict: crashed
// says: valid element index
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void countpositive_int8_256(int8_t *in, int32_t *out) {
  aie::vector<int8, 32> x = aie::load_v<32>(in);
  int32_t sum = 0;
  for (unsigned i = 0; i < 256; i++) sum += x.get(i) > 0;
  *out = sum;
}
