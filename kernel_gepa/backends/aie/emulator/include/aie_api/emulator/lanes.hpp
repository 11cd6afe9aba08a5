// Operations that treat every lane alike: arithmetic, comparison, selection, bits and shifts.
#pragma once
#include "mask.hpp"
#include "memory.hpp"

namespace aie {
namespace emu {
template <class R, class V, class F> auto mapped(int slot, int latency, const char *operation, const V &values, F f, int times = 1) {
  const value_t<V> v = values;
  vector<R, lanes<V>> made;
  for (unsigned i = 0; i < lanes<V>; i++) made.lane[i] = f(v.lane[i]);
  made.ready = aie_emu_issue(slot, times * operations<lane_t<V>, lanes<V>>(), v.ready, latency, operation);
  return made;
}
template <class A, class B, class F>
auto zipped(int slot, int latency, const char *operation, const A &first, const B &second, F f) {
  const value_t<A> a = first, b = second;
  value_t<A> made;
  for (unsigned i = 0; i < lanes<A>; i++) made.lane[i] = f(a.lane[i], b.lane[i]);
  made.ready = aie_emu_issue(slot, operations<lane_t<A>, lanes<A>>(), std::max(a.ready, b.ready), latency, operation);
  return made;
}
template <class A, class B, class F> auto compared(const char *operation, const A &first, const B &second, F f) {
  const value_t<A> a = first, b = second;
  mask<lanes<A>> made;
  for (unsigned i = 0; i < lanes<A>; i++) made.bit[i] = f(a.lane[i], b.lane[i]);
  made.ready = aie_emu_issue(MOVE, operations<lane_t<A>, lanes<A>>(), std::max(a.ready, b.ready), MOVE_LATENCY, operation);
  return made;
}
template <class T, unsigned N> auto splat(T value) {
  vector<T, N> made;
  std::fill_n(made.lane, N, value);
  made.ready = aie_emu_issue(MOVE, natives<T, N>(), 0, MOVE_LATENCY, "vbcst");
  return made;
}
// The scalar as a vector like V.
template <class V, class E> auto like(const E &scalar) { return splat<lane_t<V>, lanes<V>>(static_cast<lane_t<V>>(scalar)); }
template <class V> concept AnyIntegerVector = Vector<V> && !detail::is_floating_point_v<lane_t<V>>;
template <class V> inline constexpr bool FloatLanes = detail::is_floating_point_v<lane_t<V>>;
template <class V> concept IntegerVector = AnyIntegerVector<V> && RealVector<V>;
template <class V> concept FloatVector = RealVector<V> && detail::is_floating_point_v<lane_t<V>>;
}  // namespace emu

template <Elem E, unsigned N = native_vector_length_v<E>> auto broadcast(E value) {
  using T = operand_base_type_t<E>;
  return emu::splat<T, N>(static_cast<T>(value));
}
template <ElemBaseType T, unsigned N = native_vector_length_v<T>> vector<T, N> zeros() {
  vector<T, N> made;
  std::memset(static_cast<void *>(made.lane), 0, sizeof made.lane);
  made.ready = aie_emu_issue(emu::MOVE, emu::natives<T, N>(), 0, emu::MOVE_LATENCY, "vzero");
  return made;
}
template <AccumElemBaseType Tag, unsigned N = 16> accum<Tag, N> zeros() {
  accum<Tag, N> made;
  std::memset(static_cast<void *>(made.lane), 0, sizeof made.lane);
  made.ready = aie_emu_issue(emu::VECTOR, made.natives(), 0, emu::MAC_LATENCY, "vclr");
  return made;
}
template <Vector V, Vector... Vs> requires(is_same_vector_v<V, Vs> && ...) auto concat(const V &first, const Vs &...rest) {
  vector<emu::lane_t<V>, emu::lanes<V> * (1 + sizeof...(rest))> made;
  unsigned index = 0;
  made.insert(index++, emu::value_t<V>(first));
  (made.insert(index++, emu::value_t<V>(rest)), ...);
  return made;
}
template <Accum A, Accum... As> requires(std::is_same_v<A, As> && ...) auto concat(const A &first, const As &...rest) {
  accum<typename A::value_type, A::size() * (1 + sizeof...(rest))> made;
  unsigned index = 0;
  made.insert(index++, first);
  (made.insert(index++, rest), ...);
  return made;
}
template <ElemBaseType To, Vector V> auto vector_cast(const V &values) { return emu::value_t<V>(values).template cast_to<To>(); }
template <AccumElemBaseType Tag, Vector V> auto vector_cast(const V &values) {
  const emu::value_t<V> v = values;
  static_assert(detail::accum_bits<Tag> == v.type_bits(), "only lanes of an accumulator's own width are cast to it");
  accum<Tag, emu::lanes<V>> made;
  for (unsigned i = 0; i < emu::lanes<V>; i++) {
    const auto bits = std::bit_cast<int32_t>(v.lane[i]);
    if constexpr (detail::is_floating_accum<Tag>) made.lane[i] = std::bit_cast<float>(bits);
    else made.lane[i] = bits;
  }
  made.ready = v.ready;
  return made;
}
template <ElemBaseType To, Accum A> auto vector_cast(const A &values) {
  if constexpr (A::is_floating_point()) return values.template to_vector<float>().template cast_to<To>();
  else return values.template to_vector<int32>().template cast_to<To>();
}

// Two vectors of one type; or one and a scalar of its element type, on either side.
#define AIE_EMU_BINARY(name, guard, slot, latency, expression)                                                        \
  template <Vector A, Vector B> requires(is_same_vector_v<A, B> && guard) auto name(const A &v1, const B &v2) {        \
    using T = emu::lane_t<A>;                                                                                         \
    return emu::zipped(slot, latency, #name, v1, v2, [](T a, T b) -> T { return expression; });                       \
  }                                                                                                                   \
  template <Elem E, Vector A> requires(is_valid_elem_op_v<E, emu::lane_t<A>> && guard) auto name(E a, const A &v) {    \
    return name(emu::like<A>(a), v);                                                                                  \
  }                                                                                                                   \
  template <Vector A, Elem E> requires(is_valid_elem_op_v<emu::lane_t<A>, E> && guard) auto name(const A &v, E a) {    \
    return name(v, emu::like<A>(a));                                                                                  \
  }
#define AIE_EMU_REAL (!detail::is_complex_v<emu::lane_t<A>>)
#define AIE_EMU_INTEGRAL (!detail::is_floating_point_v<emu::lane_t<A>> && AIE_EMU_REAL)
#define AIE_EMU_SATURATES (!detail::is_floating_point_v<emu::lane_t<A>> && !detail::is_four_bits_v<emu::lane_t<A>>)
AIE_EMU_BINARY(add, true, emu::adder<T>(), emu::adder_latency<T>(), emu::sum(a, b))
AIE_EMU_BINARY(sub, true, emu::adder<T>(), emu::adder_latency<T>(), emu::difference(a, b))
AIE_EMU_BINARY(min, AIE_EMU_REAL, emu::MOVE, emu::MOVE_LATENCY, (emu::below(b, a) ? b : a))
AIE_EMU_BINARY(max, AIE_EMU_REAL, emu::MOVE, emu::MOVE_LATENCY, (emu::below(a, b) ? b : a))
AIE_EMU_BINARY(maxdiff, AIE_EMU_REAL, emu::MOVE, emu::MOVE_LATENCY, (emu::below(b, a) ? emu::difference(a, b) : emu::from_float<T>(0)))
AIE_EMU_BINARY(saturating_add, AIE_EMU_SATURATES, emu::VECTOR, emu::MAC_LATENCY,
               emu::by_part([](auto x, auto y) { return emu::fitted<decltype(x)>(int64_t(x) + int64_t(y)); }, a, b))
AIE_EMU_BINARY(saturating_sub, AIE_EMU_SATURATES, emu::VECTOR, emu::MAC_LATENCY,
               emu::by_part([](auto x, auto y) { return emu::fitted<decltype(x)>(int64_t(x) - int64_t(y)); }, a, b))
AIE_EMU_BINARY(bit_and, AIE_EMU_INTEGRAL, emu::MOVE, emu::MOVE_LATENCY, T(a & b))
AIE_EMU_BINARY(bit_or, AIE_EMU_INTEGRAL, emu::MOVE, emu::MOVE_LATENCY, T(a | b))
AIE_EMU_BINARY(bit_xor, AIE_EMU_INTEGRAL, emu::MOVE, emu::MOVE_LATENCY, T(a ^ b))
#undef AIE_EMU_BINARY
#undef AIE_EMU_INTEGRAL
#undef AIE_EMU_SATURATES

template <emu::IntegerVector V> auto bit_not(const V &v) {
  using T = emu::lane_t<V>;
  return emu::mapped<T>(emu::MOVE, emu::MOVE_LATENCY, "bit_not", v, [](T a) -> T {
    if constexpr (detail::is_four_bits_v<T>) return emu::fitted<T>(emu::wide_t<T>(~int(a)));
    else return T(~a);
  });
}
namespace emu {
template <class T> T negative(T a) {
  if constexpr (detail::is_floating_point_v<T>) return from_float<T>(-to_float(a));
  else if constexpr (!detail::is_signed_v<T>) return a;
  else if constexpr (detail::is_four_bits_v<T>) return fitted<T>(-int(a));
  else return T(0u - uint32_t(a));
}
}  // namespace emu
template <Vector V> auto neg(const V &v) {
  using T = emu::lane_t<V>;
  return emu::mapped<T>(emu::adder<T>(), emu::adder_latency<T>(), "neg", v, [](T a) -> T {
    return emu::by_part([](auto x) { return emu::negative(x); }, a);
  });
}
template <Accum A> auto neg(const A &acc) {
  A made;
  for (unsigned i = 0; i < A::size(); i++) {
    made.lane[i] = emu::by_part([](auto x) -> typename A::part_type {
      if constexpr (A::is_floating_point()) return -x;
      else return emu::wrapped<A::accum_bits()>(int64_t(0 - uint64_t(x)));
    }, acc.lane[i]);
  }
  made.ready = aie_emu_issue(emu::VECTOR, A::natives(), acc.ready, emu::MAC_LATENCY, "vneg");
  return made;
}
template <RealVector V> requires(!detail::is_four_bits_v<emu::lane_t<V>>) auto abs(const V &v) {
  using T = emu::lane_t<V>;
  return emu::mapped<T>(emu::MOVE, emu::MOVE_LATENCY, "abs", v, [](T a) -> T {
    if constexpr (detail::is_floating_point_v<T>) return emu::from_float<T>(std::fabs(emu::to_float(a)));
    else if constexpr (std::is_signed_v<T>) return T(a < 0 ? 0u - uint32_t(a) : uint32_t(a));
    else return a;
  });
}
template <RealElem E> auto abs(const E &value) {
  using T = operand_base_type_t<E>;
  const T a = value;
  return emu::below(a, emu::from_float<T>(0)) ? emu::difference(emu::from_float<T>(0), a) : a;
}
template <Elem E> auto neg(const E &value) {
  using T = operand_base_type_t<E>;
  return emu::by_part([](auto x) { return emu::difference(emu::from_float<decltype(x)>(0), x); }, T(value));
}
template <Vector V, Elem L, Elem H>
  requires(is_valid_elem_op_v<L, emu::lane_t<V>> && is_valid_elem_op_v<H, emu::lane_t<V>>)
auto clamp(const V &v, L lo, H hi) {
  return min(max(v, lo), hi);
}
template <Vector V, Vector L, Vector H> requires(is_same_vector_v<V, L> && is_same_vector_v<V, H>)
auto clamp(const V &v, const L &lo, const H &hi) {
  return min(max(v, lo), hi);
}

#define AIE_EMU_COMPARE(name, guard, expression)                                                                    \
  template <Vector A, Vector B> requires(is_same_vector_v<A, B> && guard) auto name(const A &v1, const B &v2) { \
    using T = emu::lane_t<A>;                                                                                \
    return emu::compared(#name, v1, v2, [](T a, T b) -> bool { return expression; });                        \
  }                                                                                                          \
  template <Elem E, Vector A> requires(is_valid_elem_op_v<E, emu::lane_t<A>> && guard) auto name(E a, const A &v) {    \
    return name(emu::like<A>(a), v);                                                                         \
  }                                                                                                          \
  template <Vector A, Elem E> requires(is_valid_elem_op_v<emu::lane_t<A>, E> && guard) auto name(const A &v, E a) {    \
    return name(v, emu::like<A>(a));                                                                         \
  }
AIE_EMU_COMPARE(lt, AIE_EMU_REAL, emu::below(a, b))
AIE_EMU_COMPARE(gt, AIE_EMU_REAL, emu::below(b, a))
AIE_EMU_COMPARE(le, AIE_EMU_REAL, (emu::below(a, b) || emu::same(a, b)))
AIE_EMU_COMPARE(ge, AIE_EMU_REAL, (emu::below(b, a) || emu::same(a, b)))
AIE_EMU_COMPARE(eq, true, emu::same(a, b))
AIE_EMU_COMPARE(neq, true, !emu::same(a, b))
#undef AIE_EMU_COMPARE
#undef AIE_EMU_REAL
template <class A, class B> requires(Vector<A> || Vector<B>) bool equal(const A &a, const B &b) { return eq(a, b).full(); }
template <Elem E, Vector V> requires(is_valid_elem_op_v<E, emu::lane_t<V>>) bool contains(E value, const V &v) {
  return !eq(v, value).empty();
}
template <class A, class B> requires(Vector<A> || Vector<B>) bool not_equal(const A &a, const B &b) { return !equal(a, b); }

// Lanes of the second where the mask is set, of the first elsewhere.
template <Vector A, Vector B, Mask M> requires(is_same_vector_v<A, B> && emu::lanes<A> == M::size())
auto select(const A &first, const B &second, const M &m) {
  const emu::value_t<A> a = first, b = second;
  emu::value_t<A> made;
  for (unsigned i = 0; i < M::size(); i++) made.lane[i] = m.bit[i] ? b.lane[i] : a.lane[i];
  made.ready = aie_emu_issue(emu::MOVE, emu::natives<emu::lane_t<A>, M::size()>(), std::max({a.ready, b.ready, m.ready}),
                             emu::MOVE_LATENCY, "vsel");
  return made;
}
template <Elem E, Vector V, Mask M> requires(is_valid_elem_op_v<E, emu::lane_t<V>> && emu::lanes<V> == M::size())
auto select(E a, const V &v, const M &m) {
  return select(emu::like<V>(a), v, m);
}
template <Vector V, Elem E, Mask M> requires(is_valid_elem_op_v<E, emu::lane_t<V>> && emu::lanes<V> == M::size())
auto select(const V &v, E a, const M &m) {
  return select(v, emu::like<V>(a), m);
}
template <Elem E1, Elem E2, Mask M> requires(is_valid_elem_op_v<E1, E2>) auto select(E1 a, E2 b, const M &m) {
  using V = vector<operand_base_type_t<E1>, M::size()>;
  return select(emu::like<V>(a), emu::like<V>(b), m);
}
template <Vector A, Vector B> requires(is_same_vector_v<A, B>) auto max_cmp(const A &a, const B &b) {
  return std::make_tuple(max(a, b), lt(a, b));
}
template <Vector A, Vector B> requires(is_same_vector_v<A, B>) auto min_cmp(const A &a, const B &b) {
  return std::make_tuple(min(a, b), gt(a, b));
}

namespace emu {
// Shifts of lanes go through an accumulator: UPS up, SRS down, so that they round and saturate by the registers.
template <class T> T shifted(T value, int up, int down) {
  if constexpr (detail::is_complex_v<T>) {
    return by_part([=](auto x) { return shifted(x, up, down); }, value);
  } else if constexpr (detail::is_four_bits_v<T>) {
    return fitted<T>(shifted(wide_t<T>(value), up, down));
  } else {
    constexpr unsigned width = sizeof(T) == 4 ? 64 : 32;
    return fitted<T>(shift_round(wrapped<width>(int64_t(uint64_t(int64_t(value)) << up)), down));
  }
}
inline void check_shift(unsigned shift) {
  if (shift > unsigned(max_shift)) aie_emu_stop("Shift value cannot exceed aie::max_shift");
}
}  // namespace emu
template <emu::AnyIntegerVector V> auto upshift(const V &v, unsigned shift) {
  using T = emu::lane_t<V>;
  emu::check_shift(shift);
  return emu::mapped<T>(emu::MOVE, emu::UPS_LATENCY + emu::SRS_LATENCY, "upshift", v,
                        [shift](T a) { return emu::shifted(a, int(shift), 0); }, 2);
}
template <emu::AnyIntegerVector V> auto downshift(const V &v, unsigned shift) {
  using T = emu::lane_t<V>;
  emu::check_shift(shift);
  return emu::mapped<T>(emu::MOVE, emu::UPS_LATENCY + emu::SRS_LATENCY, "downshift", v,
                        [shift](T a) { return emu::shifted(a, 0, int(shift)); }, 2);
}
template <emu::IntegerVector V> auto logical_downshift(const V &v, unsigned shift) {
  using T = emu::lane_t<V>;
  using U = detail::unsigned_t<T>;
  emu::check_shift(shift);
  return emu::mapped<T>(emu::MOVE, emu::UPS_LATENCY + emu::SRS_LATENCY, "logical_downshift", v,
                        [shift](T a) { return T(emu::shifted(U(a), 0, int(shift))); }, 2);
}
template <Vector V> auto unpack(const V &v) { return emu::value_t<V>(v).unpack(); }
template <Vector V> auto pack(const V &v) { return emu::value_t<V>(v).pack(); }
}  // namespace aie
