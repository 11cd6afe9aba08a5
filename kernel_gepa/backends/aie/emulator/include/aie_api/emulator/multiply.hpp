// Multiplication and accumulation.
#pragma once
#include "lanes.hpp"

namespace aie {
namespace detail {
// A pair of types may be listed and have no implementation: only the second factor can be of four bits.
template <class A, class B> struct mul_bits_impl {};
template <class A, class B> requires(type_bits_v<A> > 4) struct mul_bits_impl<A, B> { static constexpr bool run = true; };
}  // namespace detail
template <class A, class B> struct is_valid_mul_op {
  using T1 = operand_base_type_t<A>;
  using T2 = operand_base_type_t<B>;
  static constexpr unsigned bits1 = detail::type_bits_v<T1>, bits2 = detail::type_bits_v<T2>;
  static constexpr bool value() {
    if constexpr (detail::is_floating_point_v<T1> || detail::is_floating_point_v<T2>) {
      return std::is_same_v<T1, T2> || (detail::is_one_of_v<T1, float, cfloat> && detail::is_one_of_v<T2, float, cfloat>);
    } else if constexpr (detail::is_complex_v<T1> || detail::is_complex_v<T2>) {
      return bits1 >= 16 && bits2 >= 16;
    } else {
      return bits2 == 4 ? bits1 <= 8 : (bits1 <= 16 && bits2 <= 16) || (bits1 >= 16 && bits2 >= 16);
    }
  }
};
template <class A, class B> inline constexpr bool is_valid_mul_op_v = is_valid_mul_op<A, B>::value();

namespace emu {
template <class A, class B>
concept MulVectors = Vector<A> && Vector<B> && lanes<A> == lanes<B> && is_valid_mul_op_v<lane_t<A>, lane_t<B>>;
template <class V, class E> concept MulElem = Vector<V> && Elem<E> && is_valid_mul_op_v<lane_t<V>, E>;

// Products of wide types are put together from several native ones.
template <class A, class B> constexpr int products() {
  constexpr int parts = detail::is_complex_v<A> && detail::is_complex_v<B> ? 4 : 1;
  if constexpr (std::is_same_v<detail::component_t<A>, float>) return 9 * parts;
  else if constexpr (parts > 1 || detail::is_complex_v<A> || detail::is_complex_v<B>)
    return sizeof(detail::component_t<A>) == 4 && sizeof(detail::component_t<B>) == 4 ? 2 : 1;
  else return sizeof(A) == 4 && sizeof(B) == 4 ? 4 : 1;
}
template <class A, class B, class Acc> constexpr int multiply_count() {
  constexpr int unpacking = detail::is_four_bits_v<lane_t<B>> ? 1 : 0;
  return unpacking + products<lane_t<A>, lane_t<B>>() * std::max(Acc::natives(), natives<lane_t<A>, lanes<A>>());
}
inline unsigned read_late(unsigned ready) { return ready > ACCUMULATOR_READ ? ready - ACCUMULATOR_READ : 0; }
template <class Acc> constexpr int mac_latency() { return Acc::is_floating_point() ? FMAC_LATENCY : MAC_LATENCY; }

// Sum and term, wrapped at what the accumulator has.
template <class Acc, class S> S gathered(const S &sum, const S &term, bool negative) {
  return by_part([negative](auto s, auto t) -> decltype(s) {
    if constexpr (Acc::is_floating_point()) return s + (negative ? -t : t);
    else return wrapped<Acc::accum_bits()>(int64_t(negative ? uint64_t(s) - uint64_t(t) : uint64_t(s) + uint64_t(t)));
  }, sum, term);
}
// Each factor conjugated or not. A real one has no other part.
template <class Acc, bool ConjA = false, bool ConjB = false, class A, class B> typename Acc::lane_type product(A a, B b) {
  const auto multiply = [](auto x, auto y) -> typename Acc::part_type {
    if constexpr (Acc::is_floating_point()) return to_float(x) * to_float(y);
    else return int64_t(uint64_t(int64_t(x)) * uint64_t(int64_t(y)));
  };
  if constexpr (detail::is_complex_v<A> && detail::is_complex_v<B>) {
    const auto crossed = multiply(a.imag, b.imag), left = multiply(a.real, b.imag), right = multiply(a.imag, b.real);
    return {gathered<Acc>(multiply(a.real, b.real), crossed, ConjA == ConjB),
            gathered<Acc>(gathered<Acc>(typename Acc::part_type(0), left, ConjB), right, ConjA)};
  } else if constexpr (detail::is_complex_v<A>) {
    return {multiply(a.real, b), gathered<Acc>(typename Acc::part_type(0), multiply(a.imag, b), ConjA)};
  } else if constexpr (detail::is_complex_v<B>) {
    return {multiply(a, b.real), gathered<Acc>(typename Acc::part_type(0), multiply(a, b.imag), ConjB)};
  } else {
    return multiply(a, b);
  }
}
template <bool Negative, class Acc, bool ConjA = false, bool ConjB = false, class A, class B>
Acc multiplied(const Acc *sum, const A &first, const B &second, const char *operation) {
  static_assert(Acc::is_complex() == (detail::is_complex_v<lane_t<A>> || detail::is_complex_v<lane_t<B>>),
                "vector type and accumulator class must be compatible");
  static_assert(detail::mul_bits_impl<lane_t<A>, lane_t<B>>::run);
  const value_t<A> a = first;
  const value_t<B> b = second;
  Acc made;
  for (unsigned i = 0; i < Acc::size(); i++)
    made.lane[i] = gathered<Acc>(sum ? sum->lane[i] : typename Acc::lane_type{}, product<Acc, ConjA, ConjB>(a.lane[i], b.lane[i]), Negative);
  const unsigned ready = std::max({a.ready, b.ready, sum ? read_late(sum->ready) : 0});
  made.ready = aie_emu_issue(VECTOR, multiply_count<A, B, Acc>(), ready, mac_latency<Acc>(), operation);
  return made;
}
template <class B, unsigned N> auto spread(const B &scalar) {
  using T = operand_base_type_t<B>;
  return splat<T, N>(static_cast<T>(scalar));
}
template <class Tag, class A, class B> using product_accum = accum<detail::accum_tag_t<Tag, lane_t<A>, lane_t<B>>, lanes<A>>;
}  // namespace emu

#define AIE_EMU_MULTIPLY(name, negative)                                                                         \
  template <AccumElemBaseType Tag = accauto, Vector A, Vector B> requires(emu::MulVectors<A, B>)                  \
  auto name(const A &v1, const B &v2) {                                                                          \
    using Acc = emu::product_accum<Tag, A, B>;                                                                   \
    return emu::multiplied<negative, Acc>(nullptr, v1, v2, "v" #name);                                           \
  }                                                                                                              \
  template <AccumElemBaseType Tag = accauto, Vector A, Elem E> requires(emu::MulElem<A, E>)                       \
  auto name(const A &v, E a) { return name<Tag>(v, emu::spread<E, emu::lanes<A>>(a)); }                          \
  template <AccumElemBaseType Tag = accauto, Elem E, Vector A> requires(emu::MulElem<A, E>)                       \
  auto name(E a, const A &v) { return name<Tag>(emu::spread<E, emu::lanes<A>>(a), v); }
AIE_EMU_MULTIPLY(mul, false)
AIE_EMU_MULTIPLY(negmul, true)
#undef AIE_EMU_MULTIPLY

#define AIE_EMU_ACCUMULATE(name, negative)                                                                       \
  template <Accum Acc, Vector A, Vector B> requires(emu::MulVectors<A, B> && emu::lanes<A> == Acc::size())        \
  Acc name(const Acc &acc, const A &v1, const B &v2) {                                                           \
    static_assert(Acc::is_floating_point() == detail::is_floating_point_v<emu::lane_t<A>>,                       \
                  "vector type and accumulator class must be compatible");                                       \
    return emu::multiplied<negative>(&acc, v1, v2, "v" #name);                                                   \
  }                                                                                                              \
  template <Accum Acc, Vector A, Elem E> requires(emu::MulElem<A, E> && emu::lanes<A> == Acc::size())             \
  Acc name(const Acc &acc, const A &v, E a) { return name(acc, v, emu::spread<E, Acc::size()>(a)); }             \
  template <Accum Acc, Elem E, Vector A> requires(emu::MulElem<A, E> && emu::lanes<A> == Acc::size())             \
  Acc name(const Acc &acc, E a, const A &v) { return name(acc, emu::spread<E, Acc::size()>(a), v); }
AIE_EMU_ACCUMULATE(mac, false)
AIE_EMU_ACCUMULATE(msc, true)
#undef AIE_EMU_ACCUMULATE

template <AccumElemBaseType Tag = accauto, Vector V> auto mul_square(const V &v) { return mul<Tag>(v, v); }
template <Accum Acc, Vector V> auto mac_square(const Acc &acc, const V &v) { return mac(acc, v, v); }
template <Accum Acc, Vector V> auto msc_square(const Acc &acc, const V &v) { return msc(acc, v, v); }

namespace emu {
template <bool Negative, class Acc, class F> Acc added(const Acc &acc, unsigned ready, F term, const char *operation) {
  Acc made;
  for (unsigned i = 0; i < Acc::size(); i++) made.lane[i] = gathered<Acc>(acc.lane[i], term(i), Negative);
  made.ready = aie_emu_issue(VECTOR, Acc::natives(), std::max(acc.ready, ready), mac_latency<Acc>(), operation);
  return made;
}
template <class Acc, class T> typename Acc::lane_type widened(T value) {
  return by_part([](auto x) -> typename Acc::part_type {
    if constexpr (Acc::is_floating_point()) return to_float(x);
    else return int64_t(x);
  }, value);
}
}  // namespace emu
#define AIE_EMU_ADD_ACCUM(name, negative)                                                                        \
  template <Accum Acc, Accum Other>                                                                              \
    requires(Acc::size() == Other::size() && Acc::is_floating_point() == Other::is_floating_point() &&           \
             Acc::is_complex() == Other::is_complex())                                                           \
  Acc name(const Acc &acc, const Other &other) {                                                                 \
    return emu::added<negative>(acc, other.ready, [&](unsigned i) { return other.lane[i]; }, "v" #name ".acc");  \
  }                                                                                                              \
  template <Accum Acc, Vector V>                                                                                 \
    requires(Acc::size() == emu::lanes<V> && detail::is_compatible<typename Acc::value_type, emu::lane_t<V>>)     \
  Acc name(const Acc &acc, const V &values) {                                                                    \
    const emu::value_t<V> v = values;                                                                            \
    return emu::added<negative>(acc, v.ready, [&](unsigned i) { return emu::widened<Acc>(v.lane[i]); }, "v" #name ".acc"); \
  }                                                                                                              \
  template <Accum Acc, Elem E> Acc name(const Acc &acc, E value) {                                               \
    return name(acc, emu::spread<E, Acc::size()>(value));                                                        \
  }
AIE_EMU_ADD_ACCUM(add, false)
AIE_EMU_ADD_ACCUM(sub, true)
#undef AIE_EMU_ADD_ACCUM

// Sums up vectors, each times one coefficient: acc + c[start] * d0 + c[start + 1] * d1 + ...
template <unsigned Lanes, Accum Acc, Vector C, Vector... Ds>
  requires(Acc::size() == Lanes && ((emu::lanes<Ds> == Lanes) && ...))
auto accumulate(const Acc &acc, const C &coefficients, unsigned start, const Ds &...data) {
  const emu::value_t<C> c = coefficients;
  Acc sum = acc;
  ((sum = mac(sum, data, c.lane[start++ % emu::lanes<C>])), ...);
  return sum;
}
template <unsigned Lanes, AccumElemBaseType Tag = accauto, Vector C, Vector D, Vector... Ds>
auto accumulate(const C &coefficients, unsigned start, const D &first, const Ds &...rest) {
  const emu::value_t<C> c = coefficients;
  auto sum = mul<Tag>(first, c.lane[start % emu::lanes<C>]);
  if constexpr (sizeof...(rest) > 0) return accumulate<Lanes>(sum, c, start + 1, rest...);
  else return sum;
}
}  // namespace aie
