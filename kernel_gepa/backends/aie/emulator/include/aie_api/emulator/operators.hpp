// Operators on vectors and accumulators: all of them after `using namespace aie::operators`.
#pragma once
#include "convert.hpp"

namespace aie {
namespace operators {
template <class A> concept Operand = Vector<A> || Accum<A>;
template <class A, class B> concept Operands = Operand<A> || Vector<B>;
template <Operand A> auto operator-(const A &a) { return neg(a); }
template <class A, class B> requires(Operands<A, B>) auto operator-(const A &a, const B &b) { return sub(a, b); }
template <class A, class B> requires(Operands<A, B>) auto operator+(const A &a, const B &b) { return add(a, b); }
template <Operand A, class B> A &operator+=(A &a, const B &b) { return a = add(a, b); }
template <Operand A, class B> A &operator-=(A &a, const B &b) { return a = sub(a, b); }
template <class A, class B> requires(Vector<A> || Vector<B>) auto operator<(const A &a, const B &b) { return lt(a, b); }
template <class A, class B> requires(Vector<A> || Vector<B>) auto operator<=(const A &a, const B &b) { return le(a, b); }
template <class A, class B> requires(Vector<A> || Vector<B>) auto operator>(const A &a, const B &b) { return gt(a, b); }
template <class A, class B> requires(Vector<A> || Vector<B>) auto operator>=(const A &a, const B &b) { return ge(a, b); }
template <class A, class B> requires(Vector<A> || Vector<B>) auto operator==(const A &a, const B &b) { return eq(a, b); }
template <class A, class B> requires(Vector<A> || Vector<B>) auto operator!=(const A &a, const B &b) { return neq(a, b); }
template <class A, class B> requires(Vector<A> || Vector<B>) auto operator&(const A &a, const B &b) { return bit_and(a, b); }
template <class A, class B> requires(Vector<A> || Vector<B>) auto operator|(const A &a, const B &b) { return bit_or(a, b); }
template <class A, class B> requires(Vector<A> || Vector<B>) auto operator^(const A &a, const B &b) { return bit_xor(a, b); }
template <Vector A> auto operator~(const A &a) { return bit_not(a); }
template <Vector A> auto operator<<(const A &a, unsigned shift) { return upshift(a, shift); }
template <Vector A> auto operator>>(const A &a, unsigned shift) { return downshift(a, shift); }
}  // namespace operators

// In the toolchain vectors turn into the compiler's own, so that these two work without the namespace too.
template <class T, unsigned N> auto operator+(const vector<T, N> &a, const vector<T, N> &b) { return add(a, b); }
template <class T, unsigned N> auto operator-(const vector<T, N> &a, const vector<T, N> &b) { return sub(a, b); }
}  // namespace aie
