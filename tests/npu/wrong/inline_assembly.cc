// task: clamp_int8_256
// verdict: rejected
// says: assembly
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
void clamp_int8_256(int8_t *in, int8_t *out) { asm volatile("nop"); }
