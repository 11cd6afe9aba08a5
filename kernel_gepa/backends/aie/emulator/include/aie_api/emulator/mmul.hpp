// aie::mmul: small matrix products of the shapes that the architecture has.
#pragma once
#include "lazy.hpp"

namespace aie {
namespace detail {
struct Shape {
  unsigned m, k, n;
  constexpr bool operator==(const Shape &) const = default;
};
template <class A, class B> constexpr bool is_mmul_shape(Shape wanted) {
  const auto among = [wanted](std::initializer_list<Shape> shapes) {
    for (const Shape &shape : shapes)
      if (shape == wanted) return true;
    return false;
  };
  constexpr bool aie2 = __AIE_ARCH__ == 20;
  if constexpr (is_complex_v<A> || is_complex_v<B>) {
    if constexpr (std::is_same_v<A, cint16> && is_one_of_v<B, int16, uint16>)
      return aie2 ? among({{2, 4, 8}, {4, 4, 4}}) : among({{4, 4, 8}, {2, 4, 8}});
    else if constexpr (std::is_same_v<A, cint16> && std::is_same_v<B, cint16>)
      return among({{1, 4, 8}}) || (aie2 ? among({{2, 4, 8}}) : among({{2, 2, 16}}));
    else if constexpr (std::is_same_v<A, cint32> && std::is_same_v<B, cint16>)
      return among({{1, 2, 4}, {1, 2, 8}}) || (aie2 ? among({{2, 2, 8}, {1, 4, 8}, {2, 4, 8}}) : among({{1, 2, 16}}));
    else return std::is_same_v<A, cint32> && std::is_same_v<B, cint32> && among({{1, 2, 8}});
  } else if constexpr (is_four_bits_v<A> || is_four_bits_v<B>) {
    if constexpr (type_bits_v<A> != 8) return false;
    else return aie2 ? among({{4, 16, 8}, {8, 16, 8}, {4, 32, 8}}) : among({{4, 16, 16}});
  } else if constexpr (is_floating_point_v<A> || is_floating_point_v<B>) {
    if (!std::is_same_v<A, B>) return false;
    if (std::is_same_v<A, float>) return among({{4, 8, 4}, {4, 1, 4}, {4, 1, 8}});
    return among({{4, 8, 4}, {4, 8, 8}, {8, 8, 8}, {8, 8, 4}, {8, 1, 8}}) || (aie2 && among({{4, 16, 4}, {4, 16, 8}}));
  } else if constexpr (sizeof(A) == 1 && sizeof(B) == 1) {
    return among({{4, 8, 8}, {8, 8, 8}, {2, 8, 8}, {4, 16, 8}, {8, 16, 8}}) ||
           (aie2 && among({{4, 8, 4}, {4, 16, 4}, {8, 8, 4}, {1, 16, 8}, {2, 16, 8}, {4, 16, 16}}));
  } else if constexpr (sizeof(A) == 2 && sizeof(B) == 1) {
    return among({{4, 4, 8}, {8, 4, 8}, {2, 16, 8}, {4, 16, 8}}) ||
           (aie2 ? among({{4, 8, 4}, {8, 4, 4}, {4, 4, 4}, {2, 8, 8}}) : among({{4, 8, 8}}));
  } else if constexpr (sizeof(A) == 1 && sizeof(B) == 2) {
    return among({{4, 4, 8}}) || (aie2 ? among({{4, 4, 4}}) : among({{8, 2, 8}}));
  } else if constexpr (sizeof(A) == 2 && sizeof(B) == 2) {
    return among({{4, 2, 8}, {8, 2, 8}, {2, 4, 8}, {4, 4, 8}, {2, 8, 8}, {4, 8, 8}, {8, 1, 8}}) ||
           (aie2 && among({{4, 4, 4}, {2, 8, 16}}));
  } else if constexpr (sizeof(A) == 4 && sizeof(B) == 2) {
    return among({{2, 4, 8}, {4, 4, 8}, {4, 1, 8}}) || (aie2 ? among({{4, 2, 4}, {4, 4, 4}}) : among({{4, 2, 8}}));
  } else if constexpr (sizeof(A) == 2 && sizeof(B) == 4) {
    return aie2 ? among({{4, 4, 4}, {2, 4, 8}}) : among({{4, 4, 8}});
  } else if constexpr (sizeof(A) == 4 && sizeof(B) == 4) {
    return among({{4, 4, 4}, {4, 1, 8}}) || (aie2 ? among({{4, 2, 4}, {8, 2, 4}}) : among({{4, 2, 8}, {4, 4, 8}, {8, 2, 8}}));
  } else {
    return false;
  }
}
// Products that one native instruction sums up.
template <class A, class B> constexpr unsigned native_macs() {
  constexpr unsigned wide = __AIE_ARCH__ == 20 ? 1 : 2;
  if constexpr (is_complex_v<A>) return (is_complex_v<B> ? 16 : 32) * wide / (sizeof(component_t<A>) == 4 ? 2 : 1);
  else if constexpr (is_four_bits_v<B>) return 512 * wide;
  else if constexpr (std::is_same_v<A, float>) return 16;
  else if constexpr (is_floating_point_v<A>) return 128 * wide;
  else if constexpr (sizeof(A) + sizeof(B) == 2) return 256 * wide;
  else if constexpr (sizeof(A) + sizeof(B) == 3) return 128 * wide;
  else if constexpr (sizeof(A) + sizeof(B) == 4) return 64 * wide;
  else return 16 * wide;
}
template <unsigned M, unsigned K, unsigned N, class A, class B> struct mmul_storage;  // undefined: no such shape
template <unsigned M, unsigned K, unsigned N, ElemBaseType A, ElemBaseType B> requires(is_mmul_shape<A, B>({M, K, N}))
struct mmul_storage<M, K, N, A, B> {};
}  // namespace detail

// Elements, or blocks of them.
template <class T> concept ElemBaseOrBlockType = ElemBaseType<T> || emu::AnyBlock<T>;
template <unsigned M_, unsigned K_, unsigned N_, ElemBaseOrBlockType TypeA, ElemBaseOrBlockType TypeB = TypeA, AccumElemBaseType Tag = accauto>
struct mmul : private detail::mmul_storage<M_, K_, N_, TypeA, TypeB> {
  static constexpr unsigned M = M_, K = K_, N = N_;
  static constexpr unsigned size_A = M * K, size_B = K * N, size_C = M * N;
  using vector_A_type = vector<TypeA, size_A>;
  using vector_B_type = vector<TypeB, size_B>;
  using accum_type = accum<detail::accum_tag_t<Tag, TypeA, TypeB>, size_C>;

  mmul() = default;
  mmul(const accum_type &start) : sum(start), started(true) {}
  template <class T> explicit mmul(const vector<T, size_C> &start, int shift = 0) : started(true) { sum.from_vector(start, shift); }

  void mul(const vector_A_type &a, const vector_B_type &b) { run(nullptr, a, b); }
  // A fresh object has no accumulator yet: its first mac starts at zero.
  void mac(const vector_A_type &a, const vector_B_type &b) { run(started ? &sum : nullptr, a, b); }
  template <class A, class B> requires(is_op_v<A> || is_op_v<B>) void mul(const A &a, const B &b) { run_lazily(nullptr, a, b); }
  template <class A, class B> requires(is_op_v<A> || is_op_v<B>) void mac(const A &a, const B &b) {
    run_lazily(started ? &sum : nullptr, a, b);
  }
  template <class T> vector<T, size_C> to_vector(int shift = 0) const { return sum.template to_vector<T>(shift); }
  accum_type to_accum() const { return sum; }
  operator accum_type() const { return sum; }

 private:
  accum_type sum;
  bool started = false;

  template <class A, class B> void run_lazily(const accum_type *before, const A &a, const B &b) {
    emu::with_operand(a, [&](const auto &x) { emu::with_operand(b, [&](const auto &y) { run(before, x, y); }); });
  }
  template <class A, class B> void run(const accum_type *before, const vector<A, size_A> &a, const vector<B, size_B> &b) {
    accum_type made;
    for (unsigned i = 0; i < M; i++)
      for (unsigned j = 0; j < N; j++) {
        typename accum_type::lane_type total = before ? before->lane[i * N + j] : typename accum_type::lane_type{};
        for (unsigned k = 0; k < K; k++)
          total = emu::gathered<accum_type>(total, emu::product<accum_type>(a.lane[i * K + k], b.lane[k * N + j]), false);
        made.lane[i * N + j] = total;
      }
    constexpr int count = std::max(1u, M * K * N / detail::native_macs<TypeA, TypeB>());
    const unsigned ready = std::max({a.ready, b.ready, before ? emu::read_late(before->ready) : 0});
    made.ready = aie_emu_issue(emu::VECTOR, count, ready, emu::mac_latency<accum_type>(), "vmac.matrix");
    sum = made;
    started = true;
  }
};

namespace emu {
template <class X> using operand_lane_t = typename std::remove_cvref_t<X>::value_type;
template <unsigned M, unsigned K, unsigned N, class A, class B>
concept Factors = std::remove_cvref_t<A>::size() == M * K && std::remove_cvref_t<B>::size() == K * N &&
                  is_valid_mul_op_v<operand_lane_t<A>, operand_lane_t<B>>;
}  // namespace emu
template <unsigned M, unsigned K, unsigned N, AccumElemBaseType Tag = accauto, class A, class B> requires(emu::Factors<M, K, N, A, B>)
auto mmul_fn(const A &a, const B &b) {
  mmul<M, K, N, emu::operand_lane_t<A>, emu::operand_lane_t<B>, Tag> product;
  product.mul(a, b);
  return product;
}
template <unsigned M, unsigned K, unsigned N, Accum Acc, class A, class B>
  requires(Acc::size() == M * N && emu::Factors<M, K, N, A, B>)
auto mmac_fn(const Acc &acc, const A &a, const B &b) {
  mmul<M, K, N, emu::operand_lane_t<A>, emu::operand_lane_t<B>, typename Acc::value_type> sum(acc);
  sum.mac(a, b);
  return sum;
}
}  // namespace aie
