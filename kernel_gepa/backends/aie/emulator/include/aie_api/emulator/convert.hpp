// Between fixed and floating point, and the elementary functions.
#pragma once
#include "reduce.hpp"

namespace aie {
// bfloat16 always rounds down, float to the nearest; both clip at the ends of the result's type.
template <class TR = int32, emu::FloatVector V>
  requires(detail::is_one_of_v<TR, int4, uint4, int8, uint8, int16, uint16, int32, uint32> &&
           (std::is_same_v<emu::lane_t<V>, float> || detail::is_one_of_v<TR, int16, int32>))
auto to_fixed(const V &v, int shift = 0) {
  using T = emu::lane_t<V>;
  return emu::mapped<TR>(emu::VECTOR, emu::SRS_LATENCY, "to_fixed", v, [shift](T a) {
    const double scaled = std::ldexp(double(emu::to_float(a)), shift);
    return emu::clipped<TR>(std::is_same_v<T, bfloat16> ? std::floor(scaled) : std::nearbyint(scaled));
  }, std::is_same_v<T, bfloat16> ? 1 : 4);
}
template <class TR = int32> TR to_fixed(float value, int shift = 0) {
  return emu::clipped<TR>(std::nearbyint(std::ldexp(double(value), shift)));
}
template <class TR = float, emu::IntegerVector V> requires(detail::is_one_of_v<TR, float, bfloat16>) auto to_float(const V &v, int shift = 0) {
  using T = emu::lane_t<V>;
  return emu::mapped<TR>(emu::VECTOR, emu::FMAC_LATENCY, "to_float", v,
                         [shift](T a) { return emu::from_float<TR>(std::ldexp(float(a), -shift)); }, 4);
}
template <class TR = cfloat, ComplexVector V> requires(detail::has_cfloat && std::is_same_v<TR, cfloat> && !emu::FloatLanes<V>)
auto to_float(const V &v, int shift = 0) {
  return to_float(emu::value_t<V>(v).template cast_to<detail::component_t<emu::lane_t<V>>>(), shift).template cast_to<cfloat>();
}
template <class TR = float> TR to_float(int value, int shift = 0) { return emu::from_float<TR>(std::ldexp(float(value), -shift)); }

namespace emu {
inline bfloat16 of_int16(int bits) { return to_bfloat16(float_of_bits(uint16_t(bits))); }
inline int as_int16(bfloat16 value) { return std::bit_cast<int16_t>(value); }
// Both are what the toolchain's library does: a guess from the bits and one step of Newton, rounded to bfloat16 in between.
inline bfloat16 inverse(bfloat16 value) {
  const float x = from_bfloat16(value);
  const float guess = from_bfloat16(std::bit_cast<bfloat16>(int16_t(0x7eb5 - as_int16(value))));
  const float k1 = from_bfloat16(to_bfloat16(1.9395974f));
  const float first = from_bfloat16(to_bfloat16(-x * guess + 1.436142f));
  const float second = from_bfloat16(to_bfloat16(first * guess));
  const float negative = from_bfloat16(to_bfloat16(-second * k1));
  const float correction = from_bfloat16(to_bfloat16(negative * x + 2.0f));
  return to_bfloat16(-negative * correction);
}
inline bfloat16 inverse_root(bfloat16 value) {
  constexpr float c2 = 0.703952253f, c3 = 2.38924456f;
  const float x = from_bfloat16(value);
  const float x2 = from_bfloat16(to_bfloat16(x * from_bfloat16(to_bfloat16(c2))));
  const int64_t half = fitted<int32>(shift_round(std::bit_cast<int32_t>(x), 1));
  const float y = from_bfloat16(to_bfloat16(std::bit_cast<float>(int32_t(0x5F1FFFF9 - half))));
  const float yy = from_bfloat16(to_bfloat16(y * y));
  const float rest = from_bfloat16(to_bfloat16(c2 * c3 - x2 * yy));
  return to_bfloat16(y * rest);
}
inline float inverse(float x) { return 1.0f / x; }
inline float inverse_root(float x) { return 1.0f / std::sqrt(x); }
inline float root(float x) { return std::sqrt(x); }
inline bfloat16 root(bfloat16 x) { return to_bfloat16(std::sqrt(from_bfloat16(x))); }
template <class T> constexpr int elementary_count() { return std::is_same_v<T, bfloat16> ? 8 : 24; }
}  // namespace emu

#define AIE_EMU_ELEMENTARY(name, function)                                                                       \
  template <emu::FloatVector V> auto name(const V &v) {                                                          \
    using T = emu::lane_t<V>;                                                                                    \
    return emu::mapped<T>(emu::VECTOR, 5 * emu::FMAC_LATENCY, #name, v, [](T a) -> T { return emu::function(a); }, \
                          emu::elementary_count<T>());                                                           \
  }                                                                                                              \
  template <RealElem E> requires(detail::is_floating_point_v<operand_base_type_t<E>>) auto name(E value) {            \
    using T = operand_base_type_t<E>;                                                                            \
    aie_emu_to_scalar(aie_emu_issue(emu::VECTOR, emu::elementary_count<T>(), 0, 5 * emu::FMAC_LATENCY, #name));   \
    return emu::function(static_cast<T>(value));                                                                 \
  }
AIE_EMU_ELEMENTARY(inv, inverse)
AIE_EMU_ELEMENTARY(invsqrt, inverse_root)
AIE_EMU_ELEMENTARY(sqrt, root)
#undef AIE_EMU_ELEMENTARY

#if __AIE_ARCH__ == 21
template <class TR = bfloat16, unsigned N> vector<TR, N> tanh(const vector<float, N> &v) {
  return emu::mapped<TR>(emu::VECTOR, emu::SRS_LATENCY, "tanh", v, [](float a) { return emu::from_float<TR>(std::tanh(a)); });
}
template <class TR = bfloat16, unsigned N> vector<TR, N> exp2(const vector<float, N> &v) {
  return emu::mapped<TR>(emu::VECTOR, emu::SRS_LATENCY, "exp2", v, [](float a) { return emu::from_float<TR>(std::exp2(a)); });
}
#endif

template <Vector A, Vector B> requires(emu::lanes<A> == emu::lanes<B> && emu::FloatVector<B>) auto div(const A &a, const B &b) {
  return mul(a, inv(b));
}
template <Vector A, Elem E> requires(detail::is_floating_point_v<operand_base_type_t<E>>) auto div(const A &a, E b) {
  return mul(a, inv(static_cast<operand_base_type_t<E>>(b)));
}
}  // namespace aie
