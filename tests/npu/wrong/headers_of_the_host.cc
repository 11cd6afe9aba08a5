// task: clamp_int8_256
// verdict: rejected
// says: unistd.h
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
#include <unistd.h>
void clamp_int8_256(int8_t *in, int8_t *out) { for (int i = 0; i < 256; i++) out[i] = getpid(); }
