// The compiler's own vector types (v16int32, ...) and the intrinsics that kernels call on them.
#pragma once
#include "buffers.hpp"
#include "lookup.hpp"
#include "mmul.hpp"
#include "move.hpp"
#include "operators.hpp"
#include "sliding.hpp"

// Copies; a side that lies in a tile buffer is a load or a store, and is looked at like one.
extern "C" unsigned aie_emu_native_copy(void *to, const void *from, unsigned bytes, unsigned ready);

namespace aie::emu {
template <class T, unsigned N> struct native {
  using value_type = T;
  T lane[N];
  native() { std::memset(lane, aie_emu_poison, sizeof lane); }
  native(const native &other) { aie_emu_native_copy(lane, other.lane, sizeof lane, 0); }
  native &operator=(const native &other) { return aie_emu_native_copy(lane, other.lane, sizeof lane, 0), *this; }
  native(const vector<T, N> &v) { std::memcpy(lane, v.lane, sizeof lane); }
  template <class U, unsigned M> requires(sizeof(U) * M == sizeof(T) * N && !std::is_same_v<T, U>)
  explicit native(const native<U, M> &other) { std::memcpy(lane, other.lane, sizeof lane); }
  operator vector<T, N>() const {
    vector<T, N> v;
    std::memcpy(v.lane, native(*this).lane, sizeof lane);
    return v;
  }
  T &operator[](unsigned i) { return lane[i % N]; }
  T operator[](unsigned i) const { return lane[i % N]; }
};
template <class Tag, unsigned N> struct native_accum {
  accum<Tag, N> value;
  native_accum() = default;
  native_accum(const accum<Tag, N> &value) : value(value) {}
  operator accum<Tag, N>() const { return value; }
};
template <class T, unsigned N> vector<T, N> wide(const native<T, N> &a) { return a; }
// Of four bits: as in memory, two in a byte.
template <class T, unsigned N> requires(detail::is_four_bits_v<T>) struct native<T, N> {
  using value_type = T;
  unsigned char byte[N / 2];
  native() { std::memset(byte, aie_emu_poison, sizeof byte); }
  native(const native &other) { aie_emu_native_copy(byte, other.byte, sizeof byte, 0); }
  native &operator=(const native &other) { return aie_emu_native_copy(byte, other.byte, sizeof byte, 0), *this; }
  native(const vector<T, N> &v) { v.to_bytes(byte); }
  operator vector<T, N>() const {
    vector<T, N> v;
    v.from_bytes(native(*this).byte);
    return v;
  }
};
}  // namespace aie::emu

#define AIE_EMU_NATIVE(n, T)                                                                    \
  using v##n##T = aie::emu::native<T, n>;                                                       \
  inline v##n##T undef_v##n##T() { return {}; }                                                 \
  inline v##n##T broadcast_to_v##n##T(T x) { return aie::broadcast<T, n>(x); }                  \
  inline v##n##T broadcast_zero_to_v##n##T() { return aie::zeros<T, n>(); }
#define AIE_EMU_ONE(n, T) \
  inline v##n##T broadcast_one_to_v##n##T() { return aie::broadcast<T, n>(T(1)); }
#define AIE_EMU_REALS(T, a, b, c, d) \
  AIE_EMU_NATIVES(T, a, b, c, d) AIE_EMU_ONE(a, T) AIE_EMU_ONE(b, T) AIE_EMU_ONE(c, T) AIE_EMU_ONE(d, T)
#define AIE_EMU_NATIVES(T, a, b, c, d) AIE_EMU_NATIVE(a, T) AIE_EMU_NATIVE(b, T) AIE_EMU_NATIVE(c, T) AIE_EMU_NATIVE(d, T)
AIE_EMU_REALS(int4, 32, 64, 128, 256)
AIE_EMU_REALS(uint4, 32, 64, 128, 256)
AIE_EMU_NATIVES(cint16, 4, 8, 16, 32)
AIE_EMU_NATIVES(cint32, 2, 4, 8, 16)
AIE_EMU_REALS(int8, 16, 32, 64, 128)
AIE_EMU_REALS(uint8, 16, 32, 64, 128)
AIE_EMU_REALS(int16, 8, 16, 32, 64)
AIE_EMU_REALS(uint16, 8, 16, 32, 64)
AIE_EMU_REALS(int32, 4, 8, 16, 32)
AIE_EMU_REALS(uint32, 4, 8, 16, 32)
AIE_EMU_REALS(bfloat16, 8, 16, 32, 64)
AIE_EMU_REALS(float, 4, 8, 16, 32)
#undef AIE_EMU_NATIVES
#undef AIE_EMU_REALS
#undef AIE_EMU_ONE
#undef AIE_EMU_NATIVE
using v8accfloat = aie::emu::native_accum<accfloat, 8>;
using v16accfloat = aie::emu::native_accum<accfloat, 16>;
using v32accfloat = aie::emu::native_accum<accfloat, 32>;
using v16acc32 = aie::emu::native_accum<acc32, 16>;
using v32acc32 = aie::emu::native_accum<acc32, 32>;
using v8acc64 = aie::emu::native_accum<acc64, 8>;
using v16acc64 = aie::emu::native_accum<acc64, 16>;
inline v32bfloat16 broadcast_zero_bfloat16() { return aie::zeros<bfloat16, 32>(); }

#define AIE_EMU_ON_NATIVES(name, function)                                                                           \
  template <class T, unsigned N>                                                                                     \
  aie::emu::native<T, N> name(const aie::emu::native<T, N> &a, const aie::emu::native<T, N> &b) {                     \
    return aie::function(aie::emu::wide(a), aie::emu::wide(b));                                                      \
  }
AIE_EMU_ON_NATIVES(max, max)
AIE_EMU_ON_NATIVES(min, min)
AIE_EMU_ON_NATIVES(add, add)
AIE_EMU_ON_NATIVES(sub, sub)
AIE_EMU_ON_NATIVES(band, bit_and)
AIE_EMU_ON_NATIVES(bor, bit_or)
AIE_EMU_ON_NATIVES(bxor, bit_xor)
namespace aie::emu {
AIE_EMU_ON_NATIVES(operator+, add)
AIE_EMU_ON_NATIVES(operator-, sub)
AIE_EMU_ON_NATIVES(operator&, bit_and)
AIE_EMU_ON_NATIVES(operator|, bit_or)
AIE_EMU_ON_NATIVES(operator^, bit_xor)
}  // namespace aie::emu
#undef AIE_EMU_ON_NATIVES
template <class T, unsigned N> aie::vector<T, N> band(const aie::vector<T, N> &a, const aie::vector<T, N> &b) { return aie::bit_and(a, b); }
template <class T, unsigned N> aie::vector<T, N> bor(const aie::vector<T, N> &a, const aie::vector<T, N> &b) { return aie::bit_or(a, b); }
template <class T, unsigned N> aie::emu::native<T, N> bneg(const aie::emu::native<T, N> &a) { return aie::bit_not(aie::emu::wide(a)); }
template <class T, unsigned N>
aie::emu::native<T, 2 * N> concat(const aie::emu::native<T, N> &a, const aie::emu::native<T, N> &b) {
  return aie::concat(aie::emu::wide(a), aie::emu::wide(b));
}
// The bytes from `n` on of both, one behind the other.
template <class T, unsigned N>
aie::emu::native<T, N> shift_bytes(const aie::emu::native<T, N> &a, const aie::emu::native<T, N> &b, unsigned n) {
  if (n > sizeof a.lane) aie_emu_stop("shift_bytes reaches beyond its two operands");
  unsigned char both[2 * sizeof a.lane];
  std::memcpy(both, a.lane, sizeof a.lane);
  std::memcpy(both + sizeof a.lane, b.lane, sizeof a.lane);
  aie::vector<T, N> made;
  std::memcpy(made.lane, both + n, sizeof made.lane);
  aie_emu_issue(aie::emu::MOVE, 1, 0, aie::emu::MOVE_LATENCY, "vshift");
  return made;
}
// Vectors of the API turn into the compiler's own here.
template <class T, unsigned N>
aie::emu::native<T, N> shift_bytes(const aie::vector<T, N> &a, const aie::vector<T, N> &b, unsigned n) {
  return shift_bytes(aie::emu::native<T, N>(a), aie::emu::native<T, N>(b), n);
}
template <class T, unsigned N> T extract_elem(const aie::vector<T, N> &a, unsigned i) { return a.get(i); }
template <class T, unsigned N> T ext_elem(const aie::vector<T, N> &a, unsigned i) { return a.get(i); }
template <class T, unsigned N> T extract_elem(const aie::emu::native<T, N> &a, unsigned i) { return aie::emu::wide(a).get(i); }
template <class T, unsigned N> T ext_elem(const aie::emu::native<T, N> &a, unsigned i) { return aie::emu::wide(a).get(i); }
template <class T, unsigned N> aie::emu::native<T, N> insert(const aie::emu::native<T, N> &a, unsigned i, T value) {
  auto v = aie::emu::wide(a);
  v.set(value, i);
  return v;
}
inline v16bfloat16 to_v16bfloat16(const v16accfloat &a) { return a.value.to_vector<bfloat16>(); }
inline v16bfloat16 to_v16bfloat16(const aie::accum<accfloat, 16> &a) { return a.to_vector<bfloat16>(); }
inline void set_sat() { aie_emu_saturation = 1; }
inline void clr_sat() { aie_emu_saturation = 0; }
inline void set_rnd(unsigned mode) { aie_emu_rounding = int(mode); }

template <class T, unsigned N> aie::emu::native<T, N> upd_elem(const aie::emu::native<T, N> &a, unsigned i, T value) { return insert(a, i, value); }

#if __AIE_ARCH__ == 21
// Blocks.
namespace aie::emu {
template <class T, unsigned N> struct native_block {
  using V = block_vector<T, N>;
  unsigned char byte[V::bytes()];
  native_block() { std::memset(byte, aie_emu_poison, sizeof byte); }
  native_block(const native_block &other) { aie_emu_native_copy(byte, other.byte, sizeof byte, 0); }
  native_block &operator=(const native_block &other) { return aie_emu_native_copy(byte, other.byte, sizeof byte, 0), *this; }
  native_block(const V &v) { std::memcpy(byte, v.block, sizeof byte); }
  operator V() const {
    V v;
    std::memcpy(v.block, native_block(*this).byte, sizeof byte);
    return v;
  }
};
}  // namespace aie::emu
using v64bfp16ebs8 = aie::emu::native_block<bfp16ebs8, 64>;
using v128bfp16ebs8 = aie::emu::native_block<bfp16ebs8, 128>;
using v64bfp16ebs16 = aie::emu::native_block<bfp16ebs16, 64>;
using v128bfp16ebs16 = aie::emu::native_block<bfp16ebs16, 128>;
inline aie::accum<accfloat, 64> mul_8x8_8x8T(const aie::block_vector<bfp16ebs8, 64> &a,
                                             const aie::block_vector<bfp16ebs8, 64> &b) {
  return aie::emu::rows_by_rows<8, 8>(nullptr, a, b);
}
inline aie::accum<accfloat, 64> mac_8x8_8x8T(const aie::block_vector<bfp16ebs8, 64> &a,
                                             const aie::block_vector<bfp16ebs8, 64> &b, const aie::accum<accfloat, 64> &sum) {
  return aie::emu::rows_by_rows<8, 8>(&sum, a, b);
}
inline aie::accum<accfloat, 64> mul_elem_64(const aie::vector<bfloat16, 64> &a, const aie::vector<bfloat16, 64> &b) {
  return aie::mul(a, b);
}
inline v64bfp16ebs8 to_v64bfp16ebs8(const aie::accum<accfloat, 64> &values) { return aie::emu::blocked<bfp16ebs8>(values); }
inline v64bfp16ebs16 to_v64bfp16ebs16(const aie::accum<accfloat, 64> &values) { return aie::emu::blocked<bfp16ebs16>(values); }
#endif
