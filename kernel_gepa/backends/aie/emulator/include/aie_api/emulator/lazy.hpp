// Operands with a modifier: it is part of the multiplication that reads them where the device has such a one.
#pragma once
#include "complex.hpp"

namespace aie {
enum class Operation { None, Acc_Add, Acc_Sub, Abs, Conj, Max, Min, Sign, Transpose, Zero };

// What it is made of is read when it is called or used, and the modifier applied.
template <class Parent, Operation Op> struct unary_op {
  using value_type = emu::lane_t<Parent>;
  using result_type = Parent;
  static constexpr Operation operation = Op;
  static constexpr unsigned size() { return emu::lanes<Parent>; }
  Parent parent;
  auto operator()() const {
    if constexpr (Op == Operation::Abs) return abs(parent);
    else if constexpr (Op == Operation::Conj) return conj(parent);
    else return parent;
  }
};
template <class Parent1, class Parent2, Operation Op> struct binary_op {
  using value_type = emu::lane_t<Parent1>;
  using result_type = Parent1;
  static constexpr Operation operation = Op;
  static constexpr unsigned size() { return emu::lanes<Parent1>; }
  Parent1 parent1;
  Parent2 parent2;
  auto operator()() const {
    if constexpr (Op == Operation::Max) return max(parent1, parent2);
    else if constexpr (Op == Operation::Min) return min(parent1, parent2);
    else if constexpr (Op == Operation::Zero) return zeroed();
    else return parent1;
  }

 private:
  Parent1 zeroed() const {
    Parent1 made = parent1;
    if (parent2) {
      std::memset(static_cast<void *>(made.lane), 0, sizeof made.lane);
      made.ready = 0;
    }
    return made;
  }
};
// A scalar is a modified operand too.
template <ElemBaseType T, Operation Op> struct unary_op<T, Op> {
  using value_type = T;
  using result_type = T;
  static constexpr Operation operation = Op;
  static constexpr unsigned size() { return 1; }
  T parent;
  T operator()() const {
    if constexpr (Op == Operation::Abs) return abs(parent);
    else if constexpr (Op == Operation::Conj) return conj(parent);
    else return parent;
  }
};
template <ElemBaseType T> struct binary_op<T, bool, Operation::Sign> {
  using value_type = T;
  using result_type = T;
  static constexpr Operation operation = Operation::Sign;
  static constexpr unsigned size() { return 1; }
  T parent1;
  bool parent2;
  T operator()() const { return parent1; }
};

template <class X> struct is_op : std::false_type {};
template <class P, Operation Op> struct is_op<unary_op<P, Op>> : std::true_type {};
template <class P, class Q, Operation Op> struct is_op<binary_op<P, Q, Op>> : std::true_type {};
template <class X> inline constexpr bool is_op_v = is_op<std::remove_cvref_t<X>>::value;

namespace emu {
// A view into memory is loaded, an element taken out.
template <class X> auto held(const X &value) {
  if constexpr (Vector<X>) return value_t<X>(value);
  else if constexpr (Elem<X>) return static_cast<operand_base_type_t<X>>(value);
  else return value;
}
template <class X> using held_t = decltype(held(std::declval<const X &>()));
template <class X> concept Operand = Vector<X> || Elem<X> || Accum<X>;
template <class T> inline constexpr bool is_integral = !detail::is_floating_point_v<T> && !detail::is_complex_v<T>;
template <class X> struct integral_lanes { static constexpr bool value = is_integral<typename X::value_type>; };
template <ElemBaseType X> struct integral_lanes<X> { static constexpr bool value = is_integral<X>; };

template <class X> auto settled(const X &value) {
  if constexpr (is_op_v<X>) return settled(value());
  else return value;
}
// Calls `f` with the operand itself, its lanes read as signed or not where op_sign says so.
template <class X, class F> auto with_operand(const X &value, F f) {
  if constexpr (!is_op_v<X>) {
    return f(value);
  } else if constexpr (X::operation == Operation::Sign) {
    const auto read = [](const auto &given, auto type) {
      using T = decltype(type);
      if constexpr (Vector<decltype(given)>) return given.template cast_to<T>();
      else return static_cast<T>(given);
    };
    const auto given = value();
    return value.parent2 ? f(read(given, detail::signed_t<typename X::value_type>()))
                         : f(read(given, detail::unsigned_t<typename X::value_type>()));
  } else if constexpr (X::operation == Operation::Conj) {
    return f(conjugated<decltype(settled(value.parent))>{settled(value.parent)});
  } else {
    return with_operand(value(), f);
  }
}
template <class X> constexpr bool subtracts() {
  if constexpr (is_op_v<X>) return std::remove_cvref_t<X>::operation == Operation::Acc_Sub;
  else return false;
}
}  // namespace emu

template <emu::Operand X> auto op_none(const X &operand) { return unary_op<emu::held_t<X>, Operation::None>{emu::held(operand)}; }
template <Accum A> auto op_add(const A &acc) { return unary_op<A, Operation::Acc_Add>{acc}; }
template <Accum A> auto op_sub(const A &acc) { return unary_op<A, Operation::Acc_Sub>{acc}; }
template <Accum A> auto op_zero(const A &acc, bool to_zero) { return binary_op<A, bool, Operation::Zero>{acc, to_zero}; }
template <class X> requires(Vector<X> || Elem<X>) auto op_abs(const X &operand) {
  return unary_op<emu::held_t<X>, Operation::Abs>{emu::held(operand)};
}
template <class X> requires(ComplexVector<X> || ComplexElem<X>) auto op_conj(const X &operand) {
  return unary_op<emu::held_t<X>, Operation::Conj>{emu::held(operand)};
}
template <Vector A, Vector B> requires(is_same_vector_v<A, B>) auto op_max(const A &a, const B &b) {
  return binary_op<emu::value_t<A>, emu::value_t<B>, Operation::Max>{emu::held(a), emu::held(b)};
}
template <Vector A, Vector B> requires(is_same_vector_v<A, B>) auto op_min(const A &a, const B &b) {
  return binary_op<emu::value_t<A>, emu::value_t<B>, Operation::Min>{emu::held(a), emu::held(b)};
}
template <Accum A> requires(!A::is_floating_point() && !A::is_complex()) auto op_sign(const A &acc, bool is_signed) {
  return binary_op<A, bool, Operation::Sign>{acc, is_signed};
}
template <class X> requires((Vector<X> || Elem<X>) && emu::integral_lanes<emu::held_t<X>>::value)
auto op_sign(const X &operand, bool is_signed) {
  return binary_op<emu::held_t<X>, bool, Operation::Sign>{emu::held(operand), is_signed};
}

#define AIE_EMU_LAZY_MULTIPLY(name)                                                                       \
  template <AccumElemBaseType Tag = accauto, class A, class B> requires(is_op_v<A> || is_op_v<B>)          \
  auto name(const A &a, const B &b) {                                                                     \
    return emu::with_operand(a, [&](const auto &x) {                                                      \
      return emu::with_operand(b, [&](const auto &y) { return name<Tag>(x, y); });                        \
    });                                                                                                   \
  }
AIE_EMU_LAZY_MULTIPLY(mul)
AIE_EMU_LAZY_MULTIPLY(negmul)
#undef AIE_EMU_LAZY_MULTIPLY
// op_sub of the accumulator subtracts the product: msc is mac of it.
template <class Acc, class A, class B> requires(is_op_v<Acc> || is_op_v<A> || is_op_v<B>)
auto mac(const Acc &acc, const A &a, const B &b) {
  const auto sum = emu::settled(acc);
  return emu::with_operand(a, [&](const auto &x) {
    return emu::with_operand(b, [&](const auto &y) {
      if constexpr (emu::subtracts<Acc>()) return msc(sum, x, y);
      else return mac(sum, x, y);
    });
  });
}
template <Accum Acc, class A, class B> requires(is_op_v<A> || is_op_v<B>) auto msc(const Acc &acc, const A &a, const B &b) {
  return mac(op_sub(acc), a, b);
}
template <class A, class B> requires(is_op_v<A> || is_op_v<B>) auto add(const A &a, const B &b) {
  return add(emu::settled(a), emu::settled(b));
}
template <class A, class B> requires(is_op_v<A> || is_op_v<B>) auto sub(const A &a, const B &b) {
  return sub(emu::settled(a), emu::settled(b));
}
template <ElemBaseType T, class A> requires(is_op_v<A>) auto to_vector(const A &acc, int shift = 0) {
  if constexpr (A::operation == Operation::Sign) return acc.parent1.template to_vector_sign<T>(acc.parent2, shift);
  else return to_vector<T>(emu::settled(acc), shift);
}
template <AccumElemBaseType Tag, class V> requires(is_op_v<V>) auto from_vector(const V &values, int shift = 0) {
  if constexpr (V::operation == Operation::Sign) {
    accum<Tag, V::size()> made;
    made.from_vector_sign(values.parent1, values.parent2, shift);
    return made;
  } else {
    return from_vector<Tag>(emu::settled(values), shift);
  }
}
template <class V> requires(is_op_v<V>) auto unpack(const V &values) {
  if constexpr (V::operation == Operation::Sign) return values.parent1.unpack_sign(values.parent2);
  else return emu::settled(values).unpack();
}
template <class V> requires(is_op_v<V>) auto pack(const V &values) {
  if constexpr (V::operation == Operation::Sign) return values.parent1.pack_sign(values.parent2);
  else return emu::settled(values).pack();
}
}  // namespace aie
