// task: clamp_int8_512
// verdict: incorrect
// says: differ
#include <aie_api/aie.hpp>
#include "aie_kernel_utils.h"
// Four lookups at a time need each row of 128 bits twice in both tables; here it lies there once.
struct Table {
  alignas(aie::vector_decl_align) int16_t row[512] = {};
  constexpr Table() {
    for (int i = 0; i < 256; i++) row[i] = i < 78 ? -50 : (i > 188 ? 60 : i - 128);
  }
};
static constexpr Table ab, cd;
void clamp_int8_512(int8_t *in, int8_t *out) {
  const aie::lut<4, int8> table(256, ab.row, cd.row);
  aie::parallel_lookup<int8, aie::lut<4, int8>> lookup(table, 0, 128);
  for (int i = 0; i < 512; i += 32) aie::store_v(out + i, lookup.fetch(aie::load_v<32>(in + i)));
}
