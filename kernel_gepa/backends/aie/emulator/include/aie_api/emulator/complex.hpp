// Complex vectors: their parts, conjugation, and products with conjugated factors.
#pragma once
#include "move.hpp"
#include "multiply.hpp"

namespace aie {
template <ComplexVector V> auto real(const V &v) {
  return filter_even(emu::value_t<V>(v).template cast_to<detail::component_t<emu::lane_t<V>>>());
}
template <ComplexVector V> auto imag(const V &v) {
  return filter_odd(emu::value_t<V>(v).template cast_to<detail::component_t<emu::lane_t<V>>>());
}
template <ComplexElem E> auto real(const E &value) { return static_cast<operand_base_type_t<E>>(value).real; }
template <ComplexElem E> auto imag(const E &value) { return static_cast<operand_base_type_t<E>>(value).imag; }

// The smallest imaginary part wraps. As a factor, by op_conj, it does not.
template <ComplexVector V> auto conj(const V &v) {
  using T = emu::lane_t<V>;
  return emu::mapped<T>(emu::adder<T>(), emu::adder_latency<T>(), "conj", v, [](T a) { return T(a.real, emu::negative(a.imag)); });
}
template <ComplexElem E> auto conj(const E &value) {
  const operand_base_type_t<E> a = value;
  return operand_base_type_t<E>(a.real, emu::negative(a.imag));
}

namespace detail {
// Vectors have it on the generation before alone, but for complex floats.
template <class T, class TR, unsigned N> struct abs_square_bits_impl {};
}  // namespace detail
template <class TR = int32, ComplexVector V> requires(detail::is_one_of_v<TR, int32, int16> && !emu::FloatLanes<V>)
auto abs_square(const V &v, int shift = 0) {
  return detail::abs_square_bits_impl<emu::lane_t<V>, TR, emu::lanes<V>>::run(v, shift);
}
template <ComplexElem E> auto abs_square(const E &value) {
  const operand_base_type_t<E> a = value;
  return static_cast<decltype(a.real)>(a.real * a.real + a.imag * a.imag);
}

namespace emu {
template <class X> struct conjugated { X value; };
template <class X> struct is_conjugated : std::false_type {};
template <class X> struct is_conjugated<conjugated<X>> : std::true_type {};
template <class X> inline constexpr bool is_conjugated_v = is_conjugated<X>::value;
template <class X> const auto &factor(const X &value) {
  if constexpr (is_conjugated_v<X>) return value.value;
  else return value;
}
template <class X> using factor_t = std::remove_cvref_t<decltype(factor(std::declval<const X &>()))>;
// A vector, or a scalar in as many lanes.
template <unsigned N, class X> auto as_vector(const X &value) {
  if constexpr (Vector<X>) return value_t<X>(value);
  else return spread<X, N>(value);
}
template <class X> constexpr unsigned lanes_or_none() {
  if constexpr (Vector<X>) return lanes<X>;
  else return 0;
}
template <bool Negative, class Tag, class A, class B> auto multiplied_conjugated(const A &a, const B &b, const char *operation) {
  constexpr unsigned N = std::max(lanes_or_none<factor_t<A>>(), lanes_or_none<factor_t<B>>());
  const auto first = as_vector<N>(factor(a));
  const auto second = as_vector<N>(factor(b));
  using Acc = product_accum<Tag, decltype(first), decltype(second)>;
  return multiplied<Negative, Acc, is_conjugated_v<A>, is_conjugated_v<B>>(nullptr, first, second, operation);
}
template <bool Negative, class Acc, class A, class B> Acc gathered_conjugated(const Acc &acc, const A &a, const B &b, const char *operation) {
  return multiplied<Negative, Acc, is_conjugated_v<A>, is_conjugated_v<B>>(
      &acc, as_vector<Acc::size()>(factor(a)), as_vector<Acc::size()>(factor(b)), operation);
}
}  // namespace emu
#define AIE_EMU_CONJUGATED(name, sum_name, negative)                                                                          \
  template <AccumElemBaseType Tag = accauto, class A, class B> requires(emu::is_conjugated_v<A> || emu::is_conjugated_v<B>)    \
  auto name(const A &a, const B &b) { return emu::multiplied_conjugated<negative, Tag>(a, b, "v" #name); }                    \
  template <Accum Acc, class A, class B> requires(emu::is_conjugated_v<A> || emu::is_conjugated_v<B>)                          \
  auto sum_name(const Acc &acc, const A &a, const B &b) { return emu::gathered_conjugated<negative>(acc, a, b, "v" #sum_name); }
AIE_EMU_CONJUGATED(mul, mac, false)
AIE_EMU_CONJUGATED(negmul, msc, true)
#undef AIE_EMU_CONJUGATED
}  // namespace aie
