// Iterators that start over or follow a pattern, over vectors and over elements.
#pragma once
#include "memory.hpp"

namespace aie {
inline constexpr std::size_t dynamic_extent = std::size_t(-1);

namespace emu {
inline std::size_t cyclic(std::size_t offset, ptrdiff_t step, std::size_t size) {
  const auto whole = ptrdiff_t(size), moved = (ptrdiff_t(offset) + step) % whole;
  return std::size_t(moved < 0 ? moved + whole : moved);
}
// `At` is what lies at an address: an element itself, or the vector that begins there.
template <class T, unsigned N, class At> class circular {
  T *base;
  std::size_t offset = 0, size;

 public:
  using difference_type = ptrdiff_t;
  circular(T *base, std::size_t size) : base(base), size(size) {
    if (size == 0 || size % N) aie_emu_stop("Array size needs to be a multiple of vector size");
  }
  decltype(auto) operator*() const { return At()(base + place()); }
  circular &operator++() { return offset = cyclic(offset, N, size), *this; }
  circular operator++(int) {
    auto before = *this;
    return ++*this, before;
  }
  bool operator==(const circular &other) const { return base + place() == other.base + other.place(); }

 protected:
  ptrdiff_t place() const {
    if constexpr (N == 1) return ptrdiff_t(offset);
    else return ptrdiff_t(offset / N) * stride<std::remove_const_t<T>>(N);
  }
  void move(ptrdiff_t steps) { offset = cyclic(offset, steps * ptrdiff_t(N), size); }
};
// The same, and any number of steps to both sides.
template <class T, unsigned N, class At> class random_circular : public circular<T, N, At> {
  using Steps = circular<T, N, At>;

 public:
  using Steps::Steps;
  random_circular &operator++() { return *this += 1; }
  random_circular &operator--() { return *this -= 1; }
  random_circular operator++(int) { return std::exchange(*this, *this + 1); }
  random_circular operator--(int) { return std::exchange(*this, *this - 1); }
  random_circular &operator+=(ptrdiff_t n) { return this->move(n), *this; }
  random_circular &operator-=(ptrdiff_t n) { return this->move(-n), *this; }
  random_circular operator+(ptrdiff_t n) const { return random_circular(*this) += n; }
  random_circular operator-(ptrdiff_t n) const { return random_circular(*this) -= n; }
  decltype(auto) operator[](ptrdiff_t n) const { return *(*this + n); }
};
template <class T, unsigned N> struct vector_at {
  auto operator()(T *address) const { return *vector_iterator<T, N>(address); }
};
template <class T> struct element_at {
  T &operator()(T *address) const { return *address; }
};
}  // namespace emu

// Both start over after `size` elements, which is a template argument or the last of the constructor's.
#define AIE_EMU_CIRCULAR(kind, random)                                                                               \
  template <class T, unsigned N, std::size_t Size = dynamic_extent>                                                  \
  struct vector_##random##circular_iterator : emu::random##circular<T, N, emu::vector_at<T, N>> {                     \
    using Steps = emu::random##circular<T, N, emu::vector_at<T, N>>;                                                  \
    explicit vector_##random##circular_iterator(T *base, std::size_t size = Size) : Steps(base, size) {}              \
  };                                                                                                                 \
  template <class T, std::size_t Size = dynamic_extent>                                                              \
  struct random##circular_iterator : emu::random##circular<T, 1, emu::element_at<T>> {                                \
    using Steps = emu::random##circular<T, 1, emu::element_at<T>>;                                                    \
    explicit random##circular_iterator(T *base, std::size_t size = Size) : Steps(base, size) {}                       \
  };                                                                                                                 \
  template <unsigned N, std::size_t Size, aie_dm_resource = aie_dm_resource::none, ElemBaseType T>                     \
  auto begin_vector_##kind(T *p) {                                                                                   \
    return vector_##random##circular_iterator<T, N, Size>(p);                                                        \
  }                                                                                                                  \
  template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T>                                       \
  auto begin_vector_##kind(T *p, std::size_t size) {                                                                 \
    return vector_##random##circular_iterator<T, N>(p, size);                                                        \
  }                                                                                                                  \
  template <unsigned N, std::size_t Size, aie_dm_resource = aie_dm_resource::none, ElemBaseType T>                     \
  auto cbegin_vector_##kind(const T *p) {                                                                            \
    return vector_##random##circular_iterator<const T, N, Size>(p);                                                  \
  }                                                                                                                  \
  template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T>                                       \
  auto cbegin_vector_##kind(const T *p, std::size_t size) {                                                          \
    return vector_##random##circular_iterator<const T, N>(p, size);                                                  \
  }                                                                                                                  \
  template <std::size_t Size, aie_dm_resource = aie_dm_resource::none, class T> auto begin_##kind(T *p) { return random##circular_iterator<T, Size>(p); }       \
  template <aie_dm_resource = aie_dm_resource::none, class T> auto begin_##kind(T *p, std::size_t size) { return random##circular_iterator<T>(p, size); }       \
  template <std::size_t Size, aie_dm_resource = aie_dm_resource::none, class T> auto cbegin_##kind(const T *p) { return random##circular_iterator<const T, Size>(p); } \
  template <aie_dm_resource = aie_dm_resource::none, class T> auto cbegin_##kind(const T *p, std::size_t size) { return random##circular_iterator<const T>(p, size); }
AIE_EMU_CIRCULAR(circular, )
AIE_EMU_CIRCULAR(random_circular, random_)
#undef AIE_EMU_CIRCULAR

// Each step is as long as the next of `offsets`, which start over.
template <class T, unsigned Steps> class pattern_iterator {
  T *address;
  std::array<ptrdiff_t, Steps> offsets;
  unsigned step = 0;

 public:
  using value_type = T;
  using difference_type = ptrdiff_t;
  template <class... Offsets> requires(sizeof...(Offsets) == Steps && (std::is_convertible_v<Offsets, ptrdiff_t> && ...))
  explicit pattern_iterator(T *address, Offsets... offsets) : address(address), offsets{ptrdiff_t(offsets)...} {}
  T &operator*() const { return *address; }
  T *operator->() const { return address; }
  pattern_iterator &operator++() {
    address += offsets[step];
    step = (step + 1) % Steps;
    return *this;
  }
  pattern_iterator operator++(int) {
    auto before = *this;
    return ++*this, before;
  }
  bool operator==(const pattern_iterator &other) const { return address == other.address; }
};
template <unsigned Steps, class T, class... Offsets> auto begin_pattern(T *base, Offsets &&...offsets) {
  static_assert(Steps != 0, "pattern iterator requires at least one offset");
  return pattern_iterator<T, Steps>(base, offsets...);
}
template <unsigned Steps, class T, class... Offsets> auto cbegin_pattern(const T *base, Offsets &&...offsets) {
  return pattern_iterator<const T, Steps>(base, offsets...);
}

template <unsigned N, aie_dm_resource = aie_dm_resource::none, DecoratedElemBaseType... Ts> auto begin_vectors(Ts *...bases) { return std::make_tuple(begin_vector<N>(bases)...); }
template <unsigned N, aie_dm_resource = aie_dm_resource::none, DecoratedElemBaseType... Ts> auto cbegin_vectors(const Ts *...bases) { return std::make_tuple(cbegin_vector<N>(bases)...); }
}  // namespace aie
