// task: clamp_int8_256
// verdict: build_failed
// says: aie_adf.hpp
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
#include <aie_api/aie_adf.hpp>
void clamp_int8_256(int8_t *in, int8_t *out) {
  for (int i = 0; i < 256; i++) out[i] = in[i] < -50 ? -50 : in[i] > 60 ? 60 : in[i];
}
