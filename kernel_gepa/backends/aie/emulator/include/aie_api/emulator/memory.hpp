// Loads, stores and the iterators over them.
#pragma once
#include <iterator>

#include "accum.hpp"

namespace aie {
static constexpr unsigned vector_decl_align = __AIE_ARCH__ == 20 ? 32 : 64;
template <class T, unsigned N> static constexpr unsigned vector_ldst_align_v = vector<std::remove_const_t<T>, N>::vector_alignment();
template <class T> inline constexpr unsigned native_vector_length_v = 512 / detail::type_bits_v<std::remove_const_t<operand_base_type_t<T>>>;

template <unsigned N, aie_dm_resource = aie_dm_resource::none, DecoratedElemBaseType T> auto load_v(const T *address) -> vector<T, N> {
  vector<T, N> loaded;
  loaded.load(address);
  return loaded;
}
template <aie_dm_resource = aie_dm_resource::none, DecoratedElemBaseType T> auto load_v(const T *address) { return load_v<native_vector_length_v<T>>(address); }
template <unsigned N, aie_dm_resource = aie_dm_resource::none, DecoratedElemBaseType T> auto load_unaligned_v(const T *address, unsigned aligned_elems = 1) -> vector<T, N> {
  vector<T, N> loaded;
  loaded.load_unaligned(address, aligned_elems);
  return loaded;
}
template <aie_dm_resource = aie_dm_resource::none, DecoratedElemBaseType T> auto load_unaligned_v(const T *address, unsigned aligned_elems = 1) {
  return load_unaligned_v<native_vector_length_v<T>>(address, aligned_elems);
}
// Loads from the last multiple of `bytes`, or of `elems` elements, before the address.
template <unsigned N, aie_dm_resource = aie_dm_resource::none, DecoratedElemBaseType T> auto load_floor_bytes_v(const T *address, std::size_t bytes) -> vector<T, N> {
  if (bytes == 0 || (bytes & (bytes - 1))) aie_emu_stop("bytes must be a power of two");
  return load_v<N>(reinterpret_cast<const T *>(reinterpret_cast<uintptr_t>(address) & ~uintptr_t(bytes - 1)));
}
template <unsigned N, aie_dm_resource = aie_dm_resource::none, DecoratedElemBaseType T> auto load_floor_v(const T *address, unsigned elems = N) -> vector<T, N> {
  if (elems == 0 || (elems & (elems - 1))) aie_emu_stop("n must be a power of two");
  return load_floor_bytes_v<N>(address, elems * sizeof(T));
}
template <aie_dm_resource = aie_dm_resource::none, ElemBaseType T, Vector V> requires(std::is_same_v<T, emu::lane_t<V>>)
T *store_v(T *address, const V &values) {
  return emu::value_t<V>(values).store(address), address;
}
template <aie_dm_resource = aie_dm_resource::none, ElemBaseType T, Vector V> requires(std::is_same_v<T, emu::lane_t<V>>)
T *store_unaligned_v(T *address, const V &values, unsigned aligned_elems = 1) {
  return emu::value_t<V>(values).store_unaligned(address, aligned_elems), address;
}

enum class access { plain, restricted, unaligned };

template <class T, unsigned N, access How = access::plain> class vector_iterator {
  using E = std::remove_const_t<T>;
  T *address = nullptr;
  unsigned aligned_elems = 1;

 public:
  using iterator_category = std::random_access_iterator_tag;
  using value_type = vector<E, N>;
  using difference_type = ptrdiff_t;
  using pointer = void;
  using reference = value_type;
  vector_iterator() = default;
  explicit vector_iterator(T *address, unsigned aligned_elems = 1) : address(address), aligned_elems(aligned_elems) {}

  auto operator*() const {
    constexpr bool may_alias = How != access::restricted;
    if constexpr (How == access::unaligned) {
      vector<E, N> loaded;
      loaded.read(address, loaded.alignment_of(aligned_elems), may_alias, "*iterator");
      return loaded;
    } else if constexpr (std::is_const_v<T>) {
      vector<E, N> loaded;
      loaded.read(address, loaded.vector_alignment(), may_alias, "*iterator");
      return loaded;
    } else {
      return vector_ref<E, N>{address, may_alias};
    }
  }
  auto operator[](difference_type i) const { return *(*this + i); }
  vector_iterator &operator++() { return *this += 1; }
  vector_iterator &operator--() { return *this -= 1; }
  vector_iterator operator++(int) { return std::exchange(*this, *this + 1); }
  vector_iterator operator--(int) { return std::exchange(*this, *this - 1); }
  vector_iterator &operator+=(difference_type n) { return address += n * emu::stride<E>(N), *this; }
  vector_iterator &operator-=(difference_type n) { return *this += -n; }
  friend vector_iterator operator+(vector_iterator it, difference_type n) { return it += n; }
  friend vector_iterator operator-(vector_iterator it, difference_type n) { return it -= n; }
  friend difference_type operator-(const vector_iterator &a, const vector_iterator &b) {
    return (a.address - b.address) / emu::stride<E>(N);
  }
  friend bool operator==(const vector_iterator &a, const vector_iterator &b) { return a.address == b.address; }
};

template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto begin_vector(T *p) { return vector_iterator<T, N>(p); }
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto begin_vector(const T *p) { return vector_iterator<const T, N>(p); }
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto cbegin_vector(const T *p) { return vector_iterator<const T, N>(p); }
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto begin_restrict_vector(T *p) { return vector_iterator<T, N, access::restricted>(p); }
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto begin_restrict_vector(const T *p) { return vector_iterator<const T, N, access::restricted>(p); }
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto cbegin_restrict_vector(const T *p) { return vector_iterator<const T, N, access::restricted>(p); }
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto cbegin_unaligned_vector(const T *p, unsigned aligned_elems = 1) {
  return vector_iterator<const T, N, access::unaligned>(p, aligned_elems);
}
template <unsigned N, aie_dm_resource = aie_dm_resource::none, ElemBaseType T> auto begin_unaligned_vector(const T *p, unsigned aligned_elems = 1) {
  return cbegin_unaligned_vector<N>(p, aligned_elems);
}
}  // namespace aie
