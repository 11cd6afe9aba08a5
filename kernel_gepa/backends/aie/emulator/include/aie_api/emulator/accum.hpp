// aie::accum: wide lanes that multiply-accumulate writes and SRS narrows.
#pragma once
#include "vector.hpp"

namespace aie {
namespace detail {
template <class Tag> constexpr bool is_floating_accum = std::is_same_v<Tag, accfloat>;
template <class Tag> constexpr unsigned accum_bits = is_one_of_v<Tag, acc32, accfloat> ? 32 : 64;  // what the device has
template <class Tag, unsigned N> struct accum_storage;
template <class Tag, unsigned N>
  requires((N & (N - 1)) == 0 && N * accum_bits<Tag> >= (is_floating_accum<Tag> ? 128 : 256))
struct accum_storage<Tag, N> {};
template <class A, class B> struct default_accum_tag {
  using type = std::conditional_t<is_floating_point_v<A> || is_floating_point_v<B>, accfloat,
                                  std::conditional_t<(sizeof(A) + sizeof(B) > 4), acc64, acc32>>;
};
template <class Tag, class A, class B>
using accum_tag_t = std::conditional_t<std::is_same_v<Tag, accauto>, typename default_accum_tag<A, B>::type, Tag>;
}  // namespace detail

template <AccumElemBaseType Tag, unsigned N> class accum : private detail::accum_storage<Tag, N> {
 public:
  using value_type = Tag;
  static constexpr bool is_floating_point() { return detail::is_floating_accum<Tag>; }
  static constexpr unsigned size() { return N; }
  static constexpr unsigned value_bits() { return detail::accum_bits<Tag>; }
  static constexpr unsigned bits() { return N * value_bits(); }
  using lane_type = std::conditional_t<is_floating_point(), float, int64_t>;

  lane_type lane[N];
  unsigned ready = 0;

  // The native operations that work on all lanes.
  static constexpr int natives() {
    constexpr unsigned native_bits = __AIE_ARCH__ == 21 ? 2048 : is_floating_point() ? 512 : 1024;
    return std::max(1u, bits() / native_bits);
  }

  accum() {
    std::memset(static_cast<void *>(lane), aie_emu_poison, sizeof lane);
    if constexpr (!is_floating_point())
      for (auto &value : lane) value = emu::wrapped<value_bits()>(value);
  }
  template <AccumElemBaseType Other>
    requires(!std::is_same_v<Tag, Other> && accum<Other, N>::value_bits() == detail::accum_bits<Tag> &&
             detail::is_floating_accum<Other> == detail::is_floating_accum<Tag>)
  accum(const accum<Other, N> &other) : ready(other.ready) { std::memcpy(lane, other.lane, sizeof lane); }
  template <class T> explicit accum(const vector<T, N> &values, int shift = 0) { from_vector(values, shift); }
  template <class T> accum &operator=(const vector<T, N> &values) { return from_vector(values), *this; }

  template <class T> void from_vector(const vector<T, N> &values, int shift = 0) {
    static_assert(detail::is_floating_point_v<T> == is_floating_point(),
                  "vector type and accumulator class must be compatible (use aie::to_float or aie::to_fixed)");
    for (unsigned i = 0; i < N; i++) {
      if constexpr (is_floating_point()) lane[i] = emu::to_float(values.lane[i]);
      else lane[i] = emu::wrapped<value_bits()>(int64_t(uint64_t(int64_t(values.lane[i])) << shift));
    }
    ready = aie_emu_issue(emu::MOVE, natives(), values.ready, emu::UPS_LATENCY, "vups");
  }
  template <class T> vector<T, N> to_vector(int shift = 0) const {
    static_assert(detail::is_floating_point_v<T> == is_floating_point(),
                  "vector type and accumulator class must be compatible (use aie::to_float or aie::to_fixed)");
    vector<T, N> made;
    for (unsigned i = 0; i < N; i++) {
      if constexpr (is_floating_point()) made.lane[i] = emu::from_float<T>(lane[i]);
      else made.lane[i] = emu::fitted<T>(emu::shift_round(lane[i], shift));
    }
    if constexpr (std::is_same_v<T, float>) made.ready = ready;  // the same register, under another name
    else if constexpr (is_floating_point())
      made.ready = aie_emu_issue(emu::MOVE, natives(), ready, emu::CONVERT_LATENCY, "vconv");
    else made.ready = aie_emu_issue(emu::MOVE, natives(), ready, emu::SRS_LATENCY, "vsrs");
    return made;
  }
  vector<float, N> to_vector() const requires(detail::is_floating_accum<Tag>) { return to_vector<float>(); }
  // Only small floating accumulators turn into vectors by themselves.
  template <class T>
  operator vector<T, N>() const requires(detail::is_floating_point_v<T> && detail::is_floating_accum<Tag> && N <= 32) {
    return to_vector<T>();
  }

  template <unsigned M> accum<Tag, M> extract(unsigned index) const {
    static_assert(M <= N && N % M == 0, "an accumulator is extracted from one that is as large or larger");
    if (index >= N / M) aie_emu_stop("idx needs to be a valid subaccum index");
    accum<Tag, M> part;
    std::memcpy(static_cast<void *>(part.lane), lane + index * M, sizeof part.lane);
    part.ready = ready;
    return part;
  }
  template <unsigned M> accum &insert(unsigned index, const accum<Tag, M> &part) {
    static_assert(M <= N && N % M == 0, "an accumulator is inserted into one that is as large or larger");
    if (index >= N / M) aie_emu_stop("idx needs to be a valid subaccum index");
    std::memcpy(static_cast<void *>(lane + index * M), part.lane, sizeof part.lane);
    ready = std::max(ready, part.ready);
    return *this;
  }
  template <unsigned M> accum<Tag, M> grow() const { return accum<Tag, M>().insert(0, *this); }
  template <AccumElemBaseType To> auto cast_to() const {
    static_assert(detail::accum_bits<To> == detail::accum_bits<Tag>, "accumulators of one width only");
    accum<To, N> cast;
    for (unsigned i = 0; i < N; i++) {
      if constexpr (is_floating_point() && !detail::is_floating_accum<To>) cast.lane[i] = std::bit_cast<int32_t>(lane[i]);
      else if constexpr (!is_floating_point() && detail::is_floating_accum<To>) cast.lane[i] = std::bit_cast<float>(int32_t(lane[i]));
      else cast.lane[i] = lane[i];
    }
    cast.ready = ready;
    return cast;
  }
};

namespace detail {
template <class X> struct is_accum : std::false_type {};
template <class Tag, unsigned N> struct is_accum<accum<Tag, N>> : std::true_type {};
}  // namespace detail
template <class X> concept Accum = detail::is_accum<std::remove_cvref_t<X>>::value;

template <AccumElemBaseType Tag, Vector V> auto from_vector(const V &values, int shift = 0) {
  return accum<Tag, emu::lanes<V>>(emu::value_t<V>(values), shift);
}
template <ElemBaseType T, Accum A> auto to_vector(const A &values, int shift = 0) { return values.template to_vector<T>(shift); }
}  // namespace aie
