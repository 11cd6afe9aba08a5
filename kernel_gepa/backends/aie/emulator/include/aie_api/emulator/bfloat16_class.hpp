// bfloat16 as a class, for compilers without the type. `c ? a_bfloat16 : a_float` is ambiguous for a class.
#pragma once
struct bfloat16 {
  uint16_t bits;
  bfloat16() = default;
  template <class T> requires std::is_arithmetic_v<T>
  constexpr bfloat16(T value)
      : bits(std::is_constant_evaluated() ? nearest(float(value)) : aie::emu::bfloat16_bits(float(value))) {}
  template <class T> requires std::is_same_v<T, float> constexpr operator T() const {
    return std::bit_cast<float>(uint32_t(bits) << 16);
  }
  template <class T> requires(std::is_arithmetic_v<T> && !std::is_same_v<T, float>) explicit operator T() const {
    return T(value());
  }
  float value() const { return aie::emu::float_of_bits(bits); }
  static constexpr uint16_t nearest(float value) {
    const uint32_t whole = std::bit_cast<uint32_t>(value);
    return uint16_t((whole + 0x7fffu + ((whole >> 16) & 1)) >> 16);
  }
  static constexpr bfloat16 of_bits(uint16_t bits) {
    bfloat16 made(0);
    made.bits = bits;
    return made;
  }
  bfloat16 operator-() const { return of_bits(bits ^ 0x8000); }
  template <class T> bfloat16 &operator+=(T other) { return *this = bfloat16(value() + float(other)); }
  template <class T> bfloat16 &operator-=(T other) { return *this = bfloat16(value() - float(other)); }
  template <class T> bfloat16 &operator*=(T other) { return *this = bfloat16(value() * float(other)); }
  template <class T> bfloat16 &operator/=(T other) { return *this = bfloat16(value() / float(other)); }
};
#define AIE_EMU_BFLOAT16_OPERATOR(op, R)                                                                          \
  inline R operator op(bfloat16 a, bfloat16 b) { return R(a.value() op b.value()); }                              \
  template <class T> requires std::is_arithmetic_v<T> auto operator op(bfloat16 a, T b) { return a.value() op b; } \
  template <class T> requires std::is_arithmetic_v<T> auto operator op(T a, bfloat16 b) { return a op b.value(); }
AIE_EMU_BFLOAT16_OPERATOR(+, float)
AIE_EMU_BFLOAT16_OPERATOR(-, float)
AIE_EMU_BFLOAT16_OPERATOR(*, float)
AIE_EMU_BFLOAT16_OPERATOR(/, float)
AIE_EMU_BFLOAT16_OPERATOR(<, bool)
AIE_EMU_BFLOAT16_OPERATOR(>, bool)
AIE_EMU_BFLOAT16_OPERATOR(<=, bool)
AIE_EMU_BFLOAT16_OPERATOR(>=, bool)
AIE_EMU_BFLOAT16_OPERATOR(==, bool)
AIE_EMU_BFLOAT16_OPERATOR(!=, bool)
#undef AIE_EMU_BFLOAT16_OPERATOR
template <> struct std::numeric_limits<bfloat16> : std::numeric_limits<float> {
  static bfloat16 max() { return bfloat16::of_bits(0x7f7f); }
  static bfloat16 lowest() { return bfloat16::of_bits(0xff7f); }
  static bfloat16 min() { return bfloat16::of_bits(0x0080); }
  static bfloat16 infinity() { return bfloat16::of_bits(0x7f80); }
};
namespace aie::emu {
inline bfloat16 to_bfloat16(float value) { return bfloat16::of_bits(bfloat16_bits(value)); }
inline float from_bfloat16(bfloat16 value) { return value.value(); }
}  // namespace aie::emu
