// The shuffle unit, and the numbers of its modes as the toolchain names them.
#pragma once
#include "native.hpp"

// Tb_RxC turns the R x C matrix of b-bit elements. Where it takes both registers, `_lo` and `_hi` are the halves of what comes
// of it: T8_64x2 separates even from odd bytes, and T8_2x64 zips. Smaller ones turn the beginning of the first register.
// What a device leaves behind that is not documented, and undefined here.
namespace aie::emu {
struct shuffle_mode {
  unsigned bytes, rows, columns, half;
  bool flips = false;  // reverses each row instead
};
template <class T, unsigned N>
native<T, N> turned(const native<T, N> &first, const native<T, N> &second, shuffle_mode mode) {
  static_assert(detail::type_bits_v<T> * N == 8 * VECTOR_BYTES, "the shuffle unit works on registers of 512 bits");
  unsigned char both[2 * VECTOR_BYTES], made[2 * VECTOR_BYTES];
  const vector<T, N> a = first, b = second;
  a.to_bytes(both);
  b.to_bytes(both + VECTOR_BYTES);
  std::memset(made, aie_emu_poison, sizeof made);
  const unsigned size = mode.rows * mode.columns, end = mode.flips ? VECTOR_BYTES / mode.bytes : size;
  for (unsigned i = 0; i < end; i++) {
    const unsigned row = i / mode.columns, column = i % mode.columns;
    const unsigned to = mode.flips ? i - column + (mode.columns - 1 - column) : column * mode.rows + row;
    std::memcpy(made + to * mode.bytes, both + i * mode.bytes, mode.bytes);
  }
  vector<T, N> half;
  half.from_bytes(made + mode.half * VECTOR_BYTES);
  half.ready = aie_emu_issue(MOVE, 1, std::max(a.ready, b.ready), MOVE_LATENCY, "vshuffle");
  return half;
}
}  // namespace aie::emu
#define AIE_EMU_MODE(bits, rows, columns)                                                                 \
  inline constexpr aie::emu::shuffle_mode T##bits##_##rows##x##columns##_lo{bits / 8, rows, columns, 0};   \
  inline constexpr aie::emu::shuffle_mode T##bits##_##rows##x##columns##_hi{bits / 8, rows, columns, 1};
#define AIE_EMU_SMALL_MODE(bits, rows, columns) \
  inline constexpr aie::emu::shuffle_mode T##bits##_##rows##x##columns{bits / 8, rows, columns, 0};
#define AIE_EMU_FLIP(bits, rows, columns) \
  inline constexpr aie::emu::shuffle_mode T##bits##_##rows##x##columns##_flip{bits / 8, rows, columns, 0, true};
AIE_EMU_MODE(8, 64, 2)
AIE_EMU_MODE(8, 2, 64)
AIE_EMU_MODE(16, 32, 2)
AIE_EMU_MODE(16, 2, 32)
AIE_EMU_MODE(32, 16, 2)
AIE_EMU_MODE(32, 2, 16)
AIE_EMU_MODE(64, 8, 2)
AIE_EMU_MODE(64, 2, 8)
AIE_EMU_MODE(128, 4, 2)
AIE_EMU_MODE(128, 2, 4)
AIE_EMU_MODE(256, 2, 2)
AIE_EMU_MODE(512, 1, 2)
AIE_EMU_MODE(16, 16, 4)
AIE_EMU_MODE(16, 4, 16)
AIE_EMU_MODE(32, 8, 4)
AIE_EMU_MODE(32, 4, 8)
AIE_EMU_SMALL_MODE(32, 4, 4)
AIE_EMU_SMALL_MODE(16, 8, 4)
AIE_EMU_SMALL_MODE(16, 4, 8)
AIE_EMU_SMALL_MODE(16, 16, 2)
AIE_EMU_SMALL_MODE(16, 2, 16)
AIE_EMU_SMALL_MODE(8, 8, 8)
AIE_EMU_SMALL_MODE(8, 16, 4)
AIE_EMU_SMALL_MODE(8, 4, 16)
AIE_EMU_SMALL_MODE(16, 4, 4)
AIE_EMU_SMALL_MODE(16, 8, 2)
AIE_EMU_SMALL_MODE(16, 2, 8)
AIE_EMU_SMALL_MODE(8, 8, 4)
AIE_EMU_SMALL_MODE(8, 4, 8)
AIE_EMU_SMALL_MODE(16, 4, 2)
AIE_EMU_SMALL_MODE(16, 2, 4)
AIE_EMU_FLIP(16, 1, 2)
#if __AIE_ARCH__ == 21
AIE_EMU_MODE(64, 4, 4)
AIE_EMU_MODE(16, 8, 8)
AIE_EMU_SMALL_MODE(64, 4, 2)
AIE_EMU_SMALL_MODE(64, 2, 4)
AIE_EMU_SMALL_MODE(32, 8, 2)
AIE_EMU_SMALL_MODE(32, 2, 8)
AIE_EMU_FLIP(8, 1, 4)
AIE_EMU_FLIP(32, 1, 16)
#endif
#undef AIE_EMU_MODE
#undef AIE_EMU_SMALL_MODE
#undef AIE_EMU_FLIP
// The older names: INTLV zips, DINTLV unzips, elements of the first number of bits in pairs of the second.
#define AIE_EMU_INTERLEAVE(bits, pair, lanes)                                     \
  inline constexpr auto DINTLV_lo_##bits##o##pair = T##bits##_##lanes##x2_lo;      \
  inline constexpr auto DINTLV_hi_##bits##o##pair = T##bits##_##lanes##x2_hi;      \
  inline constexpr auto INTLV_lo_##bits##o##pair = T##bits##_2x##lanes##_lo;       \
  inline constexpr auto INTLV_hi_##bits##o##pair = T##bits##_2x##lanes##_hi;
AIE_EMU_INTERLEAVE(8, 16, 64)
AIE_EMU_INTERLEAVE(16, 32, 32)
AIE_EMU_INTERLEAVE(32, 64, 16)
AIE_EMU_INTERLEAVE(64, 128, 8)
AIE_EMU_INTERLEAVE(128, 256, 4)
AIE_EMU_INTERLEAVE(256, 512, 2)
#undef AIE_EMU_INTERLEAVE

template <class T, unsigned N>
aie::emu::native<T, N> shuffle(const aie::emu::native<T, N> &a, const aie::emu::native<T, N> &b, aie::emu::shuffle_mode mode) {
  return aie::emu::turned(a, b, mode);
}
template <class T, unsigned N>
aie::vector<T, N> shuffle(const aie::vector<T, N> &a, const aie::vector<T, N> &b, aie::emu::shuffle_mode mode) {
  return aie::emu::turned<T, N>(a, b, mode);
}
template <class T, unsigned N> aie::emu::native<T, N> shuffle(const aie::emu::native<T, N> &a, aie::emu::shuffle_mode mode) {
  return aie::emu::turned(a, aie::emu::native<T, N>(), mode);
}
template <class T, unsigned N> aie::vector<T, N> shuffle(const aie::vector<T, N> &a, aie::emu::shuffle_mode mode) {
  return aie::emu::turned<T, N>(a, aie::emu::native<T, N>(), mode);
}
