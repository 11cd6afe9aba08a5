// Element types, bfloat16 and the rounding of the control registers.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

#include "number.hpp"

using int8 = int8_t;
using uint8 = uint8_t;
using int16 = int16_t;
using uint16 = uint16_t;
using int32 = int32_t;
using uint32 = uint32_t;

namespace aie {
enum class rounding_mode : unsigned {
  floor = 0, ceil = 1, symmetric_floor = 2, symmetric_ceil = 3, negative_inf = 8, positive_inf = 9,
  symmetric_zero = 10, symmetric_inf = 11, conv_even = 12, conv_odd = 13
};
enum class saturation_mode : unsigned { none = 0, truncate = 1, saturate = 1, symmetric = 3 };

namespace emu {
// Whether the magnitude goes up: `half` is the rest against one half (-1 below, 0 equal, 1 above).
inline bool rounds_away(bool negative, bool odd, int half, bool inexact) {
  switch (static_cast<rounding_mode>(aie_emu_rounding)) {
    case rounding_mode::floor: return negative && inexact;
    case rounding_mode::ceil: return !negative && inexact;
    case rounding_mode::symmetric_floor: return false;
    case rounding_mode::symmetric_ceil: return inexact;
    case rounding_mode::negative_inf: return half > 0 || (half == 0 && negative);
    case rounding_mode::positive_inf: return half > 0 || (half == 0 && !negative);
    case rounding_mode::symmetric_zero: return half > 0;
    case rounding_mode::symmetric_inf: return half >= 0;
    case rounding_mode::conv_even: return half > 0 || (half == 0 && odd);
    case rounding_mode::conv_odd: return half > 0 || (half == 0 && !odd);
  }
  aie_emu_stop("the rounding register holds no rounding mode");
}

inline uint16_t bfloat16_bits(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint16_t high = uint16_t(bits >> 16);
  const uint32_t low = bits & 0xffffu;
  if ((bits & 0x7f800000u) == 0x7f800000u) return uint16_t(high | (low ? 0x40 : 0));  // infinity stays, NaN stays NaN
  const int half = low == 0x8000u ? 0 : (low > 0x8000u ? 1 : -1);
  return rounds_away(bits >> 31, high & 1, half, low != 0) ? uint16_t(high + 1) : high;
}
inline float float_of_bits(uint16_t bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }
}  // namespace emu
}  // namespace aie

#if defined(__clang__) && __clang_major__ >= 17 && defined(__SSE2__)
using bfloat16 = __bf16;  // the toolchain's own front end treats it like this
namespace aie::emu {
inline bfloat16 to_bfloat16(float value) { return std::bit_cast<bfloat16>(bfloat16_bits(value)); }
inline float from_bfloat16(bfloat16 value) { return float_of_bits(std::bit_cast<uint16_t>(value)); }
}  // namespace aie::emu
// The compiler calls these for scalar conversions; defined here they follow the rounding register, as on the device.
extern "C" __attribute__((weak)) bfloat16 __truncsfbf2(float value) { return aie::emu::to_bfloat16(value); }
extern "C" __attribute__((weak)) bfloat16 __truncdfbf2(double value) { return aie::emu::to_bfloat16(float(value)); }
#else
#include "bfloat16_class.hpp"
#endif

namespace aie {
namespace detail {
inline constexpr bool has_cfloat = __AIE_ARCH__ == 20;  // complex floating point is of the first generation only
template <class T> inline constexpr bool is_floating_point_v = is_one_of_v<component_t<T>, float, bfloat16>;
template <class T>
inline constexpr bool is_valid_element_type_v =
    is_one_of_v<T, float, bfloat16, int4, uint4, int8, uint8, int16, uint16, int32, uint32, cint16, cint32> ||
    (has_cfloat && std::is_same_v<T, cfloat>);
template <class T>
inline constexpr bool is_valid_accum_type_v =
    is_one_of_v<T, acc32, acc40, acc48, acc56, acc64, accfloat, cacc32, cacc40, cacc48, cacc56, cacc64, accauto> ||
    (has_cfloat && std::is_same_v<T, caccfloat>);
template <class T> inline constexpr bool is_signed_v = is_floating_point_v<T> || !is_one_of_v<T, uint4, uint8, uint16, uint32>;
}  // namespace detail

template <class T> concept ElemBaseType = detail::is_valid_element_type_v<T>;
template <class T> concept AccumElemBaseType = detail::is_valid_accum_type_v<T>;
template <class T> concept DecoratedElemBaseType = ElemBaseType<std::remove_const_t<T>>;

namespace emu {
template <class T> inline float to_float(T value) {
  if constexpr (std::is_same_v<T, bfloat16>) return from_bfloat16(value);
  else return static_cast<float>(value);
}
template <class T> inline T from_float(float value) {
  if constexpr (std::is_same_v<T, bfloat16>) return to_bfloat16(value);
  else return static_cast<T>(value);
}
template <unsigned Bits> inline int64_t wrapped(int64_t value) {
  if constexpr (Bits >= 64) return value;
  else return int64_t(uint64_t(value) << (64 - Bits)) >> (64 - Bits);
}
// The shift of SRS: rounds magnitude and sign by the rounding register.
inline int64_t shift_round(int64_t value, int shift) {
  if (shift <= 0) return int64_t(uint64_t(value) << -shift);
  const bool negative = value < 0;
  const uint64_t magnitude = negative ? 0 - uint64_t(value) : uint64_t(value);
  uint64_t quotient = magnitude >> shift;
  const uint64_t rest = magnitude & ((uint64_t(1) << shift) - 1), middle = uint64_t(1) << (shift - 1);
  const int half = rest == middle ? 0 : (rest > middle ? 1 : -1);
  quotient += rounds_away(negative, quotient & 1, half, rest != 0);
  return negative ? -int64_t(quotient) : int64_t(quotient);
}
// What fits into a lane under the saturation register; without saturation the upper bits are cut.
template <class T> inline T fitted(int64_t value) {
  static_assert(!detail::is_complex_v<T>);
  if (aie_emu_saturation == 0) return static_cast<T>(value);
  int64_t low = std::numeric_limits<T>::min();
  const int64_t high = std::numeric_limits<T>::max();
  if (aie_emu_saturation == 3 && low < 0) low = -high;
  return static_cast<T>(std::clamp(value, low, high));
}
// Of an integer whose sign is told while the kernel runs.
template <class T> inline T fitted_sign(int64_t value, bool v_sign) {
  return v_sign ? static_cast<T>(fitted<detail::signed_t<T>>(value)) : static_cast<T>(fitted<detail::unsigned_t<T>>(value));
}
template <class T> inline T clipped(double value) {
  if (value != value) return T(0);
  return static_cast<T>(std::clamp(value, double(std::numeric_limits<T>::min()), double(std::numeric_limits<T>::max())));
}
// Of four bits the sum is made in eight, and packed.
template <class T> using wide_t = typename std::conditional_t<detail::is_four_bits_v<T>, detail::unpacked_type<T>, std::type_identity<T>>::type;
template <class T> inline T sum(T a, T b) {
  if constexpr (detail::is_complex_v<T>) return by_part([](auto x, auto y) { return sum(x, y); }, a, b);
  else if constexpr (detail::is_four_bits_v<T>) return fitted<T>(sum<wide_t<T>>(a, b));
  else if constexpr (detail::is_floating_point_v<T>) return from_float<T>(to_float(a) + to_float(b));
  else return static_cast<T>(uint32_t(a) + uint32_t(b));
}
template <class T> inline T difference(T a, T b) {
  if constexpr (detail::is_complex_v<T>) return by_part([](auto x, auto y) { return difference(x, y); }, a, b);
  else if constexpr (detail::is_four_bits_v<T>) return fitted<T>(difference<wide_t<T>>(a, b));
  else if constexpr (detail::is_floating_point_v<T>) return from_float<T>(to_float(a) - to_float(b));
  else return static_cast<T>(uint32_t(a) - uint32_t(b));
}
template <class T> inline bool below(T a, T b) {
  if constexpr (detail::is_floating_point_v<T>) return to_float(a) < to_float(b);
  else return a < b;
}
template <class T> inline bool same(T a, T b) {
  if constexpr (detail::is_floating_point_v<T> && !detail::is_complex_v<T>) return to_float(a) == to_float(b);
  else return a == b;
}
template <class T, unsigned N> constexpr int natives() { return std::max(1u, detail::type_bits_v<T> * N / 8 / VECTOR_BYTES); }
// Of four bits the operands are unpacked, and the result is packed.
template <class T, unsigned N> constexpr int operations() {
  return detail::is_four_bits_v<T> ? 4 * natives<int8, N>() : natives<T, N>();
}
// Integer additions run in the move slot, those of floating point in the multiplier.
template <class T> constexpr int adder() { return detail::is_floating_point_v<T> ? VECTOR : MOVE; }
template <class T> constexpr int adder_latency() { return detail::is_floating_point_v<T> ? FMAC_LATENCY : MOVE_LATENCY; }
}  // namespace emu

inline void set_rounding(rounding_mode mode) { aie_emu_rounding = int(mode); }
inline rounding_mode get_rounding() { return rounding_mode(aie_emu_rounding); }
inline rounding_mode swap_rounding(rounding_mode mode) {
  const rounding_mode before = get_rounding();
  set_rounding(mode);
  return before;
}
inline void set_saturation(saturation_mode mode) { aie_emu_saturation = int(mode); }
inline saturation_mode get_saturation() { return saturation_mode(aie_emu_saturation); }
inline saturation_mode swap_saturation(saturation_mode mode) {
  const saturation_mode before = get_saturation();
  set_saturation(mode);
  return before;
}
struct tile {
  static tile current() { return {}; }
  void set_rounding(rounding_mode mode) { aie::set_rounding(mode); }
  void set_saturation(saturation_mode mode) { aie::set_saturation(mode); }
  rounding_mode get_rounding() const { return aie::get_rounding(); }
  saturation_mode get_saturation() const { return aie::get_saturation(); }
  void set_default_mode() { aie_emu_rounding = 0, aie_emu_saturation = 0; }
};
static constexpr int max_shift = 59, min_shift = -4;
}  // namespace aie
