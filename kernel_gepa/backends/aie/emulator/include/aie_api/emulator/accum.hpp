// aie::accum: wide lanes that multiply-accumulate writes and SRS narrows.
#pragma once
#include "vector.hpp"

#if __AIE_ARCH__ == 21
struct bfp16ebs8 {};  // a pointer to them counts bytes
struct bfp16ebs16 {};
template <> inline constexpr bool aie::emu::is_block_v<bfp16ebs8> = true;
template <> inline constexpr bool aie::emu::is_block_v<bfp16ebs16> = true;
template <> inline constexpr bool aie::emu::is_block_v<const bfp16ebs8> = true;
template <> inline constexpr bool aie::emu::is_block_v<const bfp16ebs16> = true;
#endif

namespace aie {
#if __AIE_ARCH__ == 21
template <class T> concept BlockType = emu::AnyBlock<T> && !std::is_const_v<T>;
template <BlockType T, unsigned N> class block_vector;
#endif
namespace detail {
template <class Tag> constexpr bool is_floating_accum = is_one_of_v<Tag, accfloat, caccfloat>;
template <class Tag> constexpr bool is_complex_accum = is_one_of_v<Tag, cacc32, cacc40, cacc48, cacc56, cacc64, caccfloat>;
template <class Tag> constexpr unsigned accum_bits = is_one_of_v<Tag, acc32, accfloat, caccfloat> ? 32 : 64;  // what the device has
template <class Tag> constexpr unsigned accum_value_bits = accum_bits<Tag> * (is_complex_accum<Tag> ? 2 : 1);
template <class Tag, unsigned N> struct accum_storage;
template <class Tag, unsigned N>
  requires((N & (N - 1)) == 0 && N * accum_value_bits<Tag> >= (is_floating_accum<Tag> ? 128 : 256))
struct accum_storage<Tag, N> {};
template <class A, class B> struct default_accum_tag {
  static constexpr bool complex = is_complex_v<A> || is_complex_v<B>;
  using floating = std::conditional_t<complex, caccfloat, accfloat>;
  using integral = std::conditional_t<complex, cacc64, std::conditional_t<(sizeof(A) + sizeof(B) > 4), acc64, acc32>>;
  using type = std::conditional_t<is_floating_point_v<A> || is_floating_point_v<B>, floating, integral>;
};
// An accumulator holds values of T.
template <class Tag, class T>
constexpr bool is_compatible = is_floating_accum<Tag> == is_floating_point_v<T> && is_complex_accum<Tag> == is_complex_v<T>;
template <class Tag, class A, class B>
using accum_tag_t = std::conditional_t<std::is_same_v<Tag, accauto>, typename default_accum_tag<A, B>::type, Tag>;
}  // namespace detail

#if __AIE_ARCH__ == 21
template <AccumElemBaseType Tag, unsigned N> class accum;
namespace emu {
template <class T, unsigned N> block_vector<T, N> blocked(const accum<accfloat, N> &values);
}  // namespace emu
#endif

template <AccumElemBaseType Tag, unsigned N> class accum : private detail::accum_storage<Tag, N> {
 public:
  using value_type = Tag;
  static constexpr bool is_floating_point() { return detail::is_floating_accum<Tag>; }
  static constexpr unsigned size() { return N; }
  static constexpr bool is_complex() { return detail::is_complex_accum<Tag>; }
  static constexpr unsigned accum_bits() { return detail::accum_bits<Tag>; }
  static constexpr unsigned value_bits() { return detail::accum_value_bits<Tag>; }
  static constexpr unsigned bits() { return N * value_bits(); }
  using part_type = std::conditional_t<is_floating_point(), float, int64_t>;
  using lane_type = std::conditional_t<is_complex(), emu::complex<part_type>, part_type>;

  lane_type lane[N];
  unsigned ready = 0;

  // The native operations that work on all lanes.
  static constexpr int natives() {
    constexpr unsigned native_bits = __AIE_ARCH__ == 21 ? 2048 : is_floating_point() ? 512 : 1024;
    return std::max(1u, bits() / native_bits);
  }

  accum() {
    std::memset(static_cast<void *>(lane), aie_emu_poison, sizeof lane);
    if constexpr (!is_floating_point() && accum_bits() < 64)
      for (auto &value : lane) value = emu::wrapped<accum_bits()>(value);
  }
  template <AccumElemBaseType Other>
    requires(!std::is_same_v<Tag, Other> && detail::accum_value_bits<Other> == detail::accum_value_bits<Tag> &&
             detail::is_complex_accum<Other> == detail::is_complex_accum<Tag> &&
             detail::is_floating_accum<Other> == detail::is_floating_accum<Tag>)
  accum(const accum<Other, N> &other) : ready(other.ready) { std::memcpy(lane, other.lane, sizeof lane); }
  template <class T> explicit accum(const vector<T, N> &values, int shift = 0) { from_vector(values, shift); }
  template <class T> accum &operator=(const vector<T, N> &values) { return from_vector(values), *this; }

  template <class T> void from_vector(const vector<T, N> &values, int shift = 0) {
    from_vector_sign(values, detail::is_signed_v<T>, shift);
  }
  // The sign is told while the kernel runs: of what is read here, of what comes out below.
  template <class T> void from_vector_sign(const vector<T, N> &values, bool v_sign, int shift = 0) {
    static_assert(detail::is_compatible<Tag, T>,
                  "vector type and accumulator class must be compatible (use aie::to_float or aie::to_fixed)");
    for (unsigned i = 0; i < N; i++)
      lane[i] = emu::by_part([&](auto value) -> part_type {
        using P = decltype(value);
        if constexpr (is_floating_point()) return emu::to_float(value);
        else {
          const int64_t read = v_sign ? int64_t(detail::signed_t<P>(value)) : int64_t(detail::unsigned_t<P>(value));
          return emu::wrapped<accum_bits()>(int64_t(uint64_t(read) << shift));
        }
      }, values.lane[i]);
    ready = aie_emu_issue(emu::MOVE, natives(), values.ready, emu::UPS_LATENCY, "vups");
  }
  template <class T> vector<T, N> to_vector(int shift = 0) const { return to_vector_sign<T>(detail::is_signed_v<T>, shift); }
  template <class T> vector<T, N> to_vector_sign(bool v_sign, int shift = 0) const {
    static_assert(detail::is_compatible<Tag, T>,
                  "vector type and accumulator class must be compatible (use aie::to_float or aie::to_fixed)");
    using P = detail::component_t<T>;
    vector<T, N> made;
    for (unsigned i = 0; i < N; i++)
      made.lane[i] = emu::by_part([&](part_type value) -> P {
        if constexpr (is_floating_point()) return emu::from_float<P>(value);
        else if constexpr (detail::is_four_bits_v<P>)  // narrowed to eight bits, then packed
          return emu::fitted_sign<P>(emu::fitted_sign<emu::wide_t<P>>(emu::shift_round(value, shift), v_sign), v_sign);
        else return emu::fitted_sign<P>(emu::shift_round(value, shift), v_sign);
      }, lane[i]);
    if constexpr (std::is_same_v<P, float>) made.ready = ready;  // the same register, under another name
    else if constexpr (is_floating_point())
      made.ready = aie_emu_issue(emu::MOVE, natives(), ready, emu::CONVERT_LATENCY, "vconv");
    else made.ready = aie_emu_issue(emu::MOVE, natives(), ready, emu::SRS_LATENCY, "vsrs");
    return made;
  }
#if __AIE_ARCH__ == 21
  // Out of blocks by a product with one, into them by a conversion.
  template <class T> explicit accum(const block_vector<T, N> &values, int shift = 0) { from_vector(values, shift); }
  template <class T> requires(std::is_same_v<T, bfp16ebs8> && std::is_same_v<Tag, accfloat>)
  void from_vector(const block_vector<T, N> &values, int shift = 0) {
    for (unsigned i = 0; i < N; i++) lane[i] = std::ldexp(values.get(i), shift);
    ready = aie_emu_issue(emu::VECTOR, int(N / 64), values.ready, emu::FMAC_LATENCY, "vmul.bfp16");
  }
  template <BlockType T> requires(std::is_same_v<Tag, accfloat>) block_vector<T, N> to_vector(int = 0) const {
    return emu::blocked<T>(*this);
  }
  template <BlockType T> requires(std::is_same_v<Tag, accfloat>) block_vector<T, N> to_vector_sign(bool, int = 0) const {
    return emu::blocked<T>(*this);
  }
#endif
  // Of the generation before alone.
  template <class T> requires(__AIE_ARCH__ == 10) vector<T, N> to_vector_zip(int shift = 0) const;
  auto to_vector() const requires(detail::is_floating_accum<Tag>) {
    return to_vector<std::conditional_t<is_complex(), cfloat, float>>();
  }
  // Only small floating accumulators turn into vectors by themselves.
  template <class T>
  operator vector<T, N>() const requires(detail::is_floating_point_v<T> && detail::is_floating_accum<Tag> && detail::is_compatible<Tag, T> && N <= 32) {
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
  // Between accumulators of one width: complex lanes are two of the others, real parts first.
  template <AccumElemBaseType To> auto cast_to() const {
    static_assert(detail::accum_bits<To> == detail::accum_bits<Tag>, "accumulators of one width only");
    accum<To, bits() / detail::accum_value_bits<To>> cast;
    constexpr unsigned parts = N * (is_complex() ? 2 : 1);
    part_type from[parts];
    typename decltype(cast)::part_type to[parts];
    std::memcpy(from, static_cast<const void *>(lane), sizeof from);
    for (unsigned i = 0; i < parts; i++) {
      if constexpr (is_floating_point() && !detail::is_floating_accum<To>) to[i] = std::bit_cast<int32_t>(from[i]);
      else if constexpr (!is_floating_point() && detail::is_floating_accum<To>) to[i] = std::bit_cast<float>(int32_t(from[i]));
      else to[i] = from[i];
    }
    std::memcpy(static_cast<void *>(cast.lane), to, sizeof to);
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
