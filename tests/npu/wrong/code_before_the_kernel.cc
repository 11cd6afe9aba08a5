// task: clamp_int8_256
// verdict: rejected
// says: constructor
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
__attribute__((constructor)) static void early() {}
void clamp_int8_256(int8_t *in, int8_t *out) { for (int i = 0; i < 256; i++) out[i] = in[i]; }
