// task: countpositive_int8_256
// verdict: incorrect
// says: 
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void countpositive_int8_256(int8_t *in, int32_t *out) {
  int32_t partial[8];
  for (int i = 0; i < 256; i++) partial[i % 8] += in[i] > 0;
  int32_t sum = 0;
  for (int i = 0; i < 8; i++) sum += partial[i];
  *out = sum;
}
