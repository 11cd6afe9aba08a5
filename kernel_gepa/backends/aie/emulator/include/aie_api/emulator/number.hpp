// Element types that C++ does not have: integers of four bits, and complex numbers.
#pragma once
#include <cstdint>
#include <limits>
#include <type_traits>

#include "runtime.hpp"

namespace aie::emu {
// In memory two share a byte, the first in its lower half. `int4 *` counts bytes, as in the toolchain: p + 1 is two further on.
template <class Byte> struct nibble {
  Byte bits : 4;
  nibble() = default;
  constexpr nibble(int value) : bits(Byte(value)) {}
  constexpr operator int() const { return bits; }
};
template <class T> struct complex {
  T real, imag;
  complex() = default;
  constexpr complex(T real, T imag) : real(real), imag(imag) {}
  constexpr bool operator==(const complex &) const = default;
  constexpr complex operator-() const { return {T(-real), T(-imag)}; }
  constexpr complex operator+(const complex &b) const { return {T(real + b.real), T(imag + b.imag)}; }
  constexpr complex operator-(const complex &b) const { return {T(real - b.real), T(imag - b.imag)}; }
  constexpr complex operator*(const complex &b) const {
    return {T(real * b.real - imag * b.imag), T(real * b.imag + imag * b.real)};
  }
};
}  // namespace aie::emu
using int4_t = aie::emu::nibble<signed char>;
using uint4_t = aie::emu::nibble<unsigned char>;
using int4 = int4_t;
using uint4 = uint4_t;
using cint16 = aie::emu::complex<int16_t>;
using cint32 = aie::emu::complex<int32_t>;
using cint16_t = cint16;
using cint32_t = cint32;
using cfloat = aie::emu::complex<float>;
using cfloat_t = cfloat;

template <> struct std::numeric_limits<int4_t> {
  static constexpr int4_t min() { return -8; }
  static constexpr int4_t lowest() { return -8; }
  static constexpr int4_t max() { return 7; }
};
template <> struct std::numeric_limits<uint4_t> {
  static constexpr uint4_t min() { return 0; }
  static constexpr uint4_t lowest() { return 0; }
  static constexpr uint4_t max() { return 15; }
};

// The memory bank of an access. It guides a scheduler: nothing of it is emulated.
enum class aie_dm_resource { none, a, b, c, d, ab, ac, ad, bc, bd, cd, stack };

struct acc32 {};
struct acc40 {};
struct acc48 {};
struct acc56 {};
struct acc64 {};
struct accfloat {};
struct cacc32 {};
struct cacc40 {};
struct cacc48 {};
struct cacc56 {};
struct cacc64 {};
struct caccfloat {};
struct accauto {};

namespace aie::detail {
template <class T, class... Ts> inline constexpr bool is_one_of_v = (std::is_same_v<T, Ts> || ...);
template <class T> inline constexpr bool is_complex_v = false;
template <class T> inline constexpr bool is_complex_v<emu::complex<T>> = true;
template <class T> inline constexpr unsigned type_bits_v = 8 * sizeof(T);
template <> inline constexpr unsigned type_bits_v<int4_t> = 4;
template <> inline constexpr unsigned type_bits_v<uint4_t> = 4;
template <class T> inline constexpr bool is_four_bits_v = type_bits_v<T> == 4;

template <class T> struct component { using type = T; };
template <class T> struct component<emu::complex<T>> { using type = T; };
template <class T> using component_t = typename component<T>::type;  // of a real type, the type itself
template <class T> struct as_signed : std::make_signed<T> {};
template <> struct as_signed<int4_t> { using type = int4_t; };
template <> struct as_signed<uint4_t> { using type = int4_t; };
template <class T> struct as_unsigned : std::make_unsigned<T> {};
template <> struct as_unsigned<int4_t> { using type = uint4_t; };
template <> struct as_unsigned<uint4_t> { using type = uint4_t; };
template <class T> using signed_t = typename as_signed<T>::type;
template <class T> using unsigned_t = typename as_unsigned<T>::type;

// What a vector's elements are unpacked and packed to when nobody says.
template <class T> struct unpacked_type { using type = void; };
template <> struct unpacked_type<int4_t> { using type = int8_t; };
template <> struct unpacked_type<uint4_t> { using type = uint8_t; };
template <> struct unpacked_type<int8_t> { using type = int16_t; };
template <> struct unpacked_type<uint8_t> { using type = uint16_t; };
template <> struct unpacked_type<int16_t> { using type = int32_t; };
template <> struct unpacked_type<uint16_t> { using type = uint32_t; };
template <> struct unpacked_type<cint16> { using type = cint32; };
template <class T> struct packed_type { using type = void; };
template <> struct packed_type<int8_t> { using type = int4_t; };
template <> struct packed_type<uint8_t> { using type = uint4_t; };
template <> struct packed_type<int16_t> { using type = int8_t; };
template <> struct packed_type<uint16_t> { using type = uint8_t; };
template <> struct packed_type<int32_t> { using type = int16_t; };
template <> struct packed_type<uint32_t> { using type = uint16_t; };
template <> struct packed_type<cint32> { using type = cint16; };
}  // namespace aie::detail

namespace aie::emu {
template <class T> inline constexpr bool is_block_v = false;  // block floating point: block.hpp
template <class T> concept AnyBlock = is_block_v<T>;
// `f` of a real number, or of both parts of a complex one, each with the same part of the others.
template <class F, class X, class... Xs> constexpr auto by_part(F f, const X &x, const Xs &...xs) {
  if constexpr (detail::is_complex_v<X>) {
    using R = decltype(f(x.real, xs.real...));
    return complex<R>(f(x.real, xs.real...), f(x.imag, xs.imag...));
  } else {
    return f(x, xs...);
  }
}
}  // namespace aie::emu
