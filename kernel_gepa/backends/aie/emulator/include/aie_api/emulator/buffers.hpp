// Buffer streams: reading or writing goes on to the next vector, in a row or as a tensor's descriptor says.
#pragma once
#include "block.hpp"
#include "iterators.hpp"

namespace aie {
namespace emu {
template <class T, unsigned N, access How> class stream {
 protected:
  using E = std::remove_const_t<T>;
  vector_iterator<T, N, How> at;

 public:
  using elem_type = E;
  using vector_type = vector<E, N>;
  using value_type = vector_type;
  explicit stream(T *address) : at(address) {}
};
template <class T, unsigned N, access How> struct input : stream<const T, N, How> {
  using stream<const T, N, How>::stream;
  vector<T, N> pop() { return *this->at++; }
  input &operator>>(vector<T, N> &to) { return to = pop(), *this; }
};
template <class T, unsigned N, access How> struct output : stream<T, N, How> {
  explicit output(T *address) : stream<T, N, How>(address), address(address) {}
  void push(const vector<T, N> &value) {
    value.write(address, How == access::unaligned ? value.alignment_of(1) : value.vector_alignment(), "push");
    address += stride<T>(N);
  }
  output &operator<<(const vector<T, N> &value) { return push(value), *this; }
  template <access From> output &operator<<(input<T, N, From> &from) { return push(from.pop()), *this; }

 private:
  T *address;
};
}  // namespace emu
template <DecoratedElemBaseType T, unsigned N, aie_dm_resource = aie_dm_resource::none>
using vector_input_buffer_stream = emu::input<std::remove_const_t<T>, N, access::plain>;
template <DecoratedElemBaseType T, unsigned N, aie_dm_resource = aie_dm_resource::none>
using vector_output_buffer_stream = emu::output<T, N, access::plain>;
template <DecoratedElemBaseType T, unsigned N, aie_dm_resource = aie_dm_resource::none>
using unaligned_vector_input_buffer_stream = emu::input<std::remove_const_t<T>, N, access::unaligned>;
template <DecoratedElemBaseType T, unsigned N, aie_dm_resource = aie_dm_resource::none>
using unaligned_vector_output_buffer_stream = emu::output<T, N, access::unaligned>;
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto make_vector_input_buffer_stream(const T *p) {
  return vector_input_buffer_stream<T, N>(p);
}
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto make_vector_output_buffer_stream(T *p) {
  return vector_output_buffer_stream<T, N>(p);
}
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T>
auto make_unaligned_vector_input_buffer_stream(const T *p) {
  return unaligned_vector_input_buffer_stream<T, N>(p);
}
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto make_unaligned_vector_output_buffer_stream(T *p) {
  return unaligned_vector_output_buffer_stream<T, N>(p);
}

// What an address generator does: num1 steps of inc1, then one of inc2 and again num1 of inc1, and so on; after num2 of
// those one of inc3, for ever.
struct dim_3d {
  unsigned num1 = 0;
  int inc1 = 0;
  unsigned num2 = 0;
  int inc2 = 0, inc3 = 0;
  constexpr dim_3d() = default;
  constexpr dim_3d(unsigned num1, int inc1, unsigned num2, int inc2, int inc3)
      : num1(num1), inc1(inc1), num2(num2), inc2(inc2), inc3(inc3) {}
};
struct dim_2d {
  unsigned num1 = 0;
  int inc1 = 0, inc2 = 0;
  constexpr dim_2d() = default;
  constexpr dim_2d(unsigned num1, int inc1, int inc2) : num1(num1), inc1(inc1), inc2(inc2) {}
};
// How many, and how many vectors apart.
struct tensor_dim {
  unsigned num;
  int step;
  constexpr tensor_dim() = default;
  constexpr explicit tensor_dim(unsigned num, int step) : num(num), step(step) {}
};

namespace emu {
template <class T, unsigned N, bool Block = is_block_v<T>> struct tensor_vector { using type = vector<std::remove_const_t<T>, N>; };
#if __AIE_ARCH__ == 21
template <class T, unsigned N> struct tensor_vector<T, N, true> { using type = block_vector<std::remove_const_t<T>, N>; };
#endif
template <class T, unsigned N> using tensor_vector_t = typename tensor_vector<T, N>::type;

constexpr dim_3d as_level(int inc) { return {0, 0, 0, 0, inc}; }
constexpr dim_3d as_level(const dim_2d &d) { return {d.num1, d.inc1, 0, 0, d.inc2}; }
constexpr dim_3d as_level(const dim_3d &d) { return d; }
constexpr dim_3d scaled(dim_3d d, int by) { return {d.num1, d.inc1 * by, d.num2, d.inc2 * by, d.inc3 * by}; }
// Up to three dimensions, the last the fastest: each step takes back what faster ones went.
template <std::size_t Rank> constexpr dim_3d level_of(const std::array<tensor_dim, Rank> &dims, unsigned first, int scale) {
  const unsigned count = std::min(unsigned(Rank) - first, 3u);
  const auto dim = [&](unsigned i) { return i < count ? dims[first + count - 1 - i] : tensor_dim(1u, 0); };
  const auto gone = [&](unsigned i) { return dim(i).step * int(dim(i).num - 1); };
  if (count == 1) return scaled(as_level(dim(0).step), scale);
  if (count == 2) return scaled({dim(0).num - 1, dim(0).step, 0, 0, dim(1).step - gone(0)}, scale);
  return scaled({dim(0).num - 1, dim(0).step, dim(1).num - 1, dim(1).step - gone(0), dim(2).step - gone(1) - gone(0)}, scale);
}
}  // namespace emu

// Levels of up to three dimensions: each but the last is popped for a stream of the next.
template <unsigned Levels, class T, unsigned N> struct tensor_descriptor {
  using type = T;
  using vector_type = emu::tensor_vector_t<T, N>;
  static constexpr unsigned elems = N, levels = Levels;
  std::array<dim_3d, Levels> steps{};
};
template <class X, class... Xs> concept OneOf = (std::is_same_v<X, Xs> || ...);
namespace emu {
template <class T, unsigned N, class... Dims> constexpr auto described(int scale, Dims... dims) {
  constexpr unsigned rank = sizeof...(Dims), levels = (rank + 2) / 3;
  const std::array<tensor_dim, rank> all{dims...};
  tensor_descriptor<levels, T, N> made;
  for (unsigned level = 0; level < levels; level++) made.steps[level] = level_of(all, 3 * level, scale);
  return made;
}
}  // namespace emu
template <class T, unsigned N, class... Dims> requires(std::is_same_v<Dims, tensor_dim> && ...)
constexpr auto make_tensor_descriptor(Dims... dims) {
  return emu::described<T, N>(int(emu::tensor_vector_t<T, N>::bytes()), dims...);
}
template <class T, unsigned N, class... Dims> requires(std::is_same_v<Dims, tensor_dim> && ...)
constexpr auto make_tensor_descriptor_bytes(Dims... dims) {
  return emu::described<T, N>(1, dims...);
}
template <class T, unsigned N, class... Dims> requires(OneOf<Dims, int, dim_2d, dim_3d> && ...)
constexpr auto make_tensor_descriptor_from_native(Dims... dims) {
  constexpr int bytes = int(emu::tensor_vector_t<T, N>::bytes());
  tensor_descriptor<sizeof...(Dims), T, N> made{{emu::scaled(emu::as_level(dims), bytes)...}};
  return emu::beyond_the_block(made);
}
template <class T, unsigned N, class... Dims> requires(OneOf<Dims, int, dim_2d, dim_3d> && ...)
constexpr auto make_tensor_descriptor_from_native_bytes(Dims... dims) {
  tensor_descriptor<sizeof...(Dims), T, N> made{{emu::as_level(dims)...}};
  return emu::beyond_the_block(made);
}

template <class T, unsigned N, unsigned Levels, bool Restrict> class tensor_buffer_stream {
  T *address;
  std::array<dim_3d, Levels> steps;
  unsigned count1 = 0, count2 = 0;

  T *advance() {
    const dim_3d &d = steps[0];
    const bool first = count1 < d.num1, second = !first && count2 < d.num2;
    count1 = first ? count1 + 1 : 0;
    count2 = first ? count2 : second ? count2 + 1 : 0;
    const int bytes = first ? d.inc1 : second ? d.inc2 : d.inc3;
    return std::exchange(address, reinterpret_cast<T *>(reinterpret_cast<uintptr_t>(address) + uintptr_t(intptr_t(bytes))));
  }

 public:
  using vector_type = emu::tensor_vector_t<T, N>;
  tensor_buffer_stream(T *address, const std::array<dim_3d, Levels> &steps) : address(address), steps(steps) {}
  auto pop() {
    if constexpr (Levels > 1) {
      std::array<dim_3d, Levels - 1> inner;
      std::copy(steps.begin() + 1, steps.end(), inner.begin());
      return tensor_buffer_stream<T, N, Levels - 1, Restrict>(advance(), inner);
    } else {
      vector_type loaded;
      loaded.read(advance(), loaded.vector_alignment(), !Restrict, "pop");
      return loaded;
    }
  }
  void push(const vector_type &value) requires(Levels == 1 && !std::is_const_v<T>) {
    value.write(advance(), value.vector_alignment(), "push");
  }
  tensor_buffer_stream &operator>>(vector_type &to) requires(Levels == 1) { return to = pop(), *this; }
  template <unsigned Inner> requires(Levels > 1 && Inner == Levels - 1)
  tensor_buffer_stream &operator>>(tensor_buffer_stream<T, N, Inner, Restrict> &to) { return to = pop(), *this; }
  tensor_buffer_stream &operator<<(const vector_type &value) requires(Levels == 1 && !std::is_const_v<T>) {
    return push(value), *this;
  }
  auto *data() const { return address; }
  bool operator==(const tensor_buffer_stream &other) const { return address == other.address; }
};
namespace emu {
template <bool Restrict, class T, unsigned Levels, class U, unsigned N>
auto tensor_stream(T *base, const tensor_descriptor<Levels, U, N> &descriptor) {
  static_assert(std::is_same_v<std::remove_const_t<T>, U>, "Input data type does not match tensor descriptor");
  return tensor_buffer_stream<T, N, Levels, Restrict>(base, descriptor.steps);
}
}  // namespace emu
template <aie_dm_resource = aie_dm_resource::none, class T, class D> auto make_tensor_buffer_stream(T *base, const D &descriptor) {
  return emu::tensor_stream<false>(base, descriptor);
}
template <aie_dm_resource = aie_dm_resource::none, class T, class D>
auto make_restrict_tensor_buffer_stream(T *base, const D &descriptor) {
  return emu::tensor_stream<true>(base, descriptor);
}
}  // namespace aie
