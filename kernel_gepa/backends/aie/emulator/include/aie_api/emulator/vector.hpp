// aie::vector: lanes, and the cycle at which they can be used.
#pragma once
#include "types.hpp"

namespace aie {
namespace detail {
// As in the toolchain, an unsupported pair of type and lanes names an undefined template.
template <class T, unsigned N> struct vector_storage;
template <class T, unsigned N> requires(type_bits_v<T> * N >= 128 && (N & (N - 1)) == 0) struct vector_storage<T, N> {};
template <unsigned Bits, class T> constexpr unsigned lanes_of = Bits / type_bits_v<T>;
}  // namespace detail

namespace detail {
template <class A, class B>
concept IntegersAlike = is_valid_element_type_v<A> && is_valid_element_type_v<B> && !is_floating_point_v<A> &&
                        !is_floating_point_v<B> && is_complex_v<A> == is_complex_v<B>;
}  // namespace detail
template <class To, class From>
concept PackableFrom = detail::IntegersAlike<To, From> && detail::type_bits_v<To> < detail::type_bits_v<From>;
template <class To, class From>
concept UnpackableFrom = detail::IntegersAlike<To, From> && (detail::type_bits_v<To> > detail::type_bits_v<From>);
template <ElemBaseType T, unsigned N = 512 / detail::type_bits_v<T>> class vector;

// v[i] of a vector that cannot be changed, and of one that can.
template <class T, unsigned N> struct vector_elem_const_ref {
  using value_type = T;
  const vector<T, N> &parent;
  unsigned index;
  T get() const { return parent.get(index); }
  operator T() const { return get(); }
};
template <class T, unsigned N> struct vector_elem_ref {
  using value_type = T;
  vector<T, N> &parent;
  unsigned index;
  T get() const { return parent.get(index); }
  operator T() const { return get(); }
  vector_elem_ref(vector<T, N> &parent, unsigned index) : parent(parent), index(index) {}
  vector_elem_ref(const vector_elem_ref &) = default;
  vector_elem_ref &operator=(T value) { return parent.set(value, index), *this; }
  vector_elem_ref &operator=(const vector_elem_ref &other) { return *this = other.get(); }
  template <unsigned M> vector_elem_ref &operator=(const vector_elem_ref<T, M> &other) { return *this = other.get(); }
  template <unsigned M> vector_elem_ref &operator=(const vector_elem_const_ref<T, M> &other) { return *this = other.get(); }
  vector_elem_ref &operator+=(T value) { return *this = T(get() + value); }
  vector_elem_ref &operator-=(T value) { return *this = T(get() - value); }
  vector_elem_ref &operator*=(T value) { return *this = T(get() * value); }
};

template <ElemBaseType T, unsigned N> class vector : private detail::vector_storage<T, N> {
 public:
  using value_type = T;
  static constexpr unsigned size() { return N; }
  static constexpr unsigned type_bits() { return detail::type_bits_v<T>; }
  static constexpr unsigned bytes() { return N * type_bits() / 8; }
  static constexpr unsigned bits() { return 8 * bytes(); }
  static constexpr bool is_signed() { return detail::is_signed_v<T>; }
  static constexpr bool is_complex() { return detail::is_complex_v<T>; }
  static constexpr bool is_real() { return !is_complex(); }
  static constexpr bool is_floating_point() { return detail::is_floating_point_v<T>; }
  static constexpr bool is_integral() { return !is_floating_point(); }

  T lane[N];
  unsigned ready = 0;

  vector() { std::memset(static_cast<void *>(lane), aie_emu_poison, sizeof lane); }
  template <class... Values>
    requires(sizeof...(Values) + 1 <= N && (std::is_convertible_v<Values, T> && ...))
  explicit vector(T first, Values &&...rest) : vector() {
    const T given[] = {first, static_cast<T>(rest)...};
    std::memcpy(static_cast<void *>(lane), given, sizeof given);
    ready = aie_emu_issue(emu::MOVE, int(sizeof...(Values)) + 1, 0, emu::MOVE_LATENCY, "vpush");
  }

  T get(unsigned index) const {
    if (index >= N) aie_emu_stop("idx needs to be a valid element index");
    aie_emu_to_scalar(aie_emu_issue(emu::MOVE, 1, ready, emu::MOVE_LATENCY, "vextract"));
    return lane[index];
  }
  void set(T value, unsigned index) {
    if (index >= N) aie_emu_stop("idx needs to be a valid element index");
    lane[index] = value;
    ready = aie_emu_issue(emu::MOVE, 1, ready, emu::MOVE_LATENCY, "vinsert");
  }
  vector_elem_ref<T, N> operator[](unsigned index) { return elem_ref(index); }
  vector_elem_const_ref<T, N> operator[](unsigned index) const { return elem_const_ref(index); }
  vector_elem_ref<T, N> elem_ref(unsigned index) {
    if (index >= N) aie_emu_stop("idx needs to be a valid element index");
    return {*this, index};
  }
  vector_elem_const_ref<T, N> elem_ref(unsigned index) const { return elem_const_ref(index); }
  vector_elem_const_ref<T, N> elem_const_ref(unsigned index) const {
    if (index >= N) aie_emu_stop("idx needs to be a valid element index");
    return {*this, index};
  }
  vector &push(T value) {
    std::memmove(static_cast<void *>(lane + 1), lane, sizeof lane - sizeof(T));
    lane[0] = value;
    ready = aie_emu_issue(emu::MOVE, emu::natives<T, N>(), ready, emu::MOVE_LATENCY, "vpush");
    return *this;
  }

  template <unsigned M> vector<T, M> extract(unsigned index) const {
    static_assert(M <= N && N % M == 0, "a vector is extracted from one that is as large or larger");
    if (index >= N / M) aie_emu_stop("idx needs to be a valid subvector index");
    vector<T, M> part;
    std::memcpy(static_cast<void *>(part.lane), lane + index * M, sizeof part.lane);
    part.ready = ready;
    return part;
  }
  template <unsigned M> vector &insert(unsigned index, const vector<T, M> &part) {
    static_assert(M <= N && N % M == 0, "a vector is inserted into one that is as large or larger");
    if (index >= N / M) aie_emu_stop("idx needs to be a valid subvector index");
    std::memcpy(static_cast<void *>(lane + index * M), part.lane, sizeof part.lane);
    ready = std::max(ready, part.ready);
    return *this;
  }
  template <class... Parts> vector &upd_all(const Parts &...parts) {
    unsigned index = 0;
    return (insert(index++, parts), ...), *this;
  }
  template <unsigned M> vector<T, M> grow(unsigned index = 0) const { return vector<T, M>().insert(index, *this); }
  template <unsigned M> vector<T, M> grow_replicate() const {
    vector<T, M> grown;
    for (unsigned i = 0; i < M; i++) grown.lane[i] = lane[i % N];
    grown.ready = ready;
    return grown;
  }
  template <unsigned M> auto split() const {
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return std::make_tuple(this->template extract<M>(I)...);
    }(std::make_index_sequence<N / M>());
  }
  // As they lie in memory.
  void to_bytes(void *to) const {
    if constexpr (detail::is_four_bits_v<T>) {
      for (unsigned i = 0; i < N / 2; i++)
        static_cast<uint8_t *>(to)[i] = uint8_t((int(lane[2 * i]) & 15) | (int(lane[2 * i + 1]) & 15) << 4);
    } else {
      std::memcpy(to, lane, sizeof lane);
    }
  }
  void from_bytes(const void *from) {
    if constexpr (detail::is_four_bits_v<T>) {
      for (unsigned i = 0; i < N; i++) lane[i] = T(static_cast<const uint8_t *>(from)[i / 2] >> (i % 2 * 4) & 15);
    } else {
      std::memcpy(static_cast<void *>(lane), from, sizeof lane);
    }
  }
  template <ElemBaseType To> auto cast_to() const {
    vector<To, N * type_bits() / detail::type_bits_v<To>> cast;
    if constexpr (detail::is_four_bits_v<T> || detail::is_four_bits_v<To>) {
      uint8_t held[bytes()];
      to_bytes(held);
      cast.from_bytes(held);
    } else {
      std::memcpy(static_cast<void *>(cast.lane), lane, sizeof lane);
    }
    cast.ready = ready;
    return cast;
  }

  template <class To, class F> vector<To, N> resized(const char *operation, F f) const {
    vector<To, N> made;
    for (unsigned i = 0; i < N; i++) made.lane[i] = emu::by_part(f, lane[i]);
    const int count = std::max(emu::natives<T, N>(), emu::natives<To, N>());
    made.ready = aie_emu_issue(emu::MOVE, count, ready, emu::MOVE_LATENCY, operation);
    return made;
  }
  // The sign is that of this vector, or what is said while the kernel runs.
  template <UnpackableFrom<T> To = typename detail::unpacked_type<T>::type> vector<To, N> unpack() const {
    return widened<To>(is_signed(), detail::is_signed_v<To>);
  }
  template <UnpackableFrom<T> To = typename detail::unpacked_type<T>::type> vector<To, N> unpack_sign(bool v_sign) const {
    return widened<To>(v_sign, v_sign);
  }
  template <class To> vector<To, N> widened(bool reads_sign, bool fits_sign) const {
    using From = detail::component_t<T>;
    using Wide = detail::component_t<To>;
    constexpr unsigned times = detail::type_bits_v<To> / detail::type_bits_v<T>;
    return resized<To>("vunpack", [=](From value) {
      // To 32 bits without an instruction of its own: an unsigned side is filled up with zeros.
      constexpr bool fills = times == 2 && detail::type_bits_v<Wide> == 32 && !(is_signed() && detail::is_signed_v<Wide>);
      const int64_t read = reads_sign && !fills ? int64_t(detail::signed_t<From>(value)) : int64_t(detail::unsigned_t<From>(value));
      return times == 2 ? static_cast<Wide>(read) : emu::fitted_sign<Wide>(read, fits_sign);  // the latter by an accumulator
    });
  }
  template <PackableFrom<T> To = typename detail::packed_type<T>::type> vector<To, N> pack() const {
    // The pack instruction saturates by the sign of what it packs, SRS by that of what comes out.
    constexpr bool packs = detail::type_bits_v<To> <= 8 && type_bits() == 2 * detail::type_bits_v<To>;
    return resized<To>("vpack", [](detail::component_t<T> value) {
      return emu::fitted_sign<detail::component_t<To>>(int64_t(value), packs ? is_signed() : detail::is_signed_v<To>);
    });
  }
  template <PackableFrom<T> To = typename detail::packed_type<T>::type> vector<To, N> pack_sign(bool v_sign) const {
    using From = detail::component_t<T>;
    return resized<To>("vpack", [v_sign](From value) {
      const int64_t read = v_sign ? int64_t(detail::signed_t<From>(value)) : int64_t(detail::unsigned_t<From>(value));
      return emu::fitted_sign<detail::component_t<To>>(read, v_sign);
    });
  }

  template <aie_dm_resource = aie_dm_resource::none> void load(const T *address) {
    read(address, vector_alignment(), true, "load_v");
  }
  template <aie_dm_resource = aie_dm_resource::none> void store(T *address) const {
    write(address, vector_alignment(), "store_v");
  }
  template <aie_dm_resource = aie_dm_resource::none> void load_unaligned(const T *address, unsigned aligned_elems = 1) {
    read(address, alignment_of(aligned_elems), true, "load_unaligned_v");
  }
  template <aie_dm_resource = aie_dm_resource::none> void store_unaligned(T *address, unsigned aligned_elems = 1) const {
    write(address, alignment_of(aligned_elems), "store_unaligned_v");
  }
  static constexpr unsigned alignment_of(unsigned elements) { return std::max(1u, elements * type_bits() / 8); }
  static constexpr unsigned vector_alignment() { return bytes() == 16 ? 16 : bytes() == 32 ? 32 : emu::PORT_BYTES; }

  void read(const T *address, unsigned alignment, bool may_alias, const char *what) {
    const unsigned native = std::min(alignment, vector_alignment());
    from_bytes(aie_emu_access(address, bytes(), native, 0, what));
    const int ports = std::max(1u, bytes() / emu::PORT_BYTES);
    if (native == vector_alignment()) {
      ready = aie_emu_load(ports, may_alias, emu::LOAD_LATENCY, "vlda");
    } else {  // two aligned halves that are shifted together
      ready = aie_emu_load(ports + 1, may_alias, emu::LOAD_LATENCY, "vlda");
      ready = aie_emu_issue(emu::MOVE, emu::natives<T, N>(), ready, emu::MOVE_LATENCY, "vshift.align");
    }
  }
  void write(T *address, unsigned alignment, const char *what) const {
    const unsigned native = std::min(alignment, vector_alignment());
    to_bytes(const_cast<void *>(aie_emu_access(address, bytes(), native, 1, what)));
    const int ports = std::max(1u, bytes() / emu::PORT_BYTES);
    unsigned at = ready;
    if (native != vector_alignment()) {  // what lies around it is read, merged and written back
      at = std::max(at, aie_emu_load(ports + 1, 1, emu::LOAD_LATENCY, "vlda"));
      at = aie_emu_issue(emu::MOVE, 2 * emu::natives<T, N>(), at, emu::MOVE_LATENCY, "vshift.align");
    }
    aie_emu_issue(emu::STORE, native == vector_alignment() ? ports : ports + 1, at, emu::STORE_LATENCY, "vst");
  }
};

// What *iterator is: it is loaded when it is read and stored when it is assigned.
template <class T, unsigned N> struct vector_ref {
  using value_type = T;
  static constexpr unsigned size() { return N; }
  T *address;
  bool may_alias = true;
  operator vector<T, N>() const {
    vector<T, N> loaded;
    loaded.read(address, loaded.vector_alignment(), may_alias, "*iterator");
    return loaded;
  }
  const vector_ref &operator=(const vector<T, N> &value) const {
    value.write(address, value.vector_alignment(), "*iterator");
    return *this;
  }
  const vector_ref &operator=(const vector_ref &other) const { return *this = vector<T, N>(other); }
};

namespace detail {
template <class X> struct is_vector : std::false_type {};
template <class T, unsigned N> struct is_vector<vector<T, N>> : std::true_type {};
template <class X> struct is_vector_ref : std::false_type {};
template <class T, unsigned N> struct is_vector_ref<vector_ref<T, N>> : std::true_type {};
template <class X> struct is_vector_elem_ref : std::false_type {};
template <class T, unsigned N> struct is_vector_elem_ref<vector_elem_ref<T, N>> : std::true_type {};
template <class T, unsigned N> struct is_vector_elem_ref<vector_elem_const_ref<T, N>> : std::true_type {};
}  // namespace detail

template <class X> struct operand_base_type { using type = X; };
template <class T, unsigned N> struct operand_base_type<vector_elem_ref<T, N>> { using type = T; };
template <class T, unsigned N> struct operand_base_type<vector_elem_const_ref<T, N>> { using type = T; };
template <class X> using operand_base_type_t = typename operand_base_type<std::remove_cvref_t<X>>::type;

// Elements of `T *` that a vector reaches over: bytes for `int4 *`.
namespace emu {
template <class T> constexpr ptrdiff_t stride(unsigned lanes) { return ptrdiff_t(lanes) * detail::type_bits_v<T> / 8 / ptrdiff_t(sizeof(T)); }
}  // namespace emu

template <class X>
concept Vector = detail::is_vector<std::remove_cvref_t<X>>::value || detail::is_vector_ref<std::remove_cvref_t<X>>::value;
template <class X> concept ComplexVector = Vector<X> && detail::is_complex_v<typename std::remove_cvref_t<X>::value_type>;
template <class X> concept RealVector = Vector<X> && !ComplexVector<X>;
template <class X>
concept Elem = ElemBaseType<std::remove_cvref_t<X>> || detail::is_vector_elem_ref<std::remove_cvref_t<X>>::value;

template <class X> concept ComplexElem = Elem<X> && detail::is_complex_v<operand_base_type_t<X>>;
template <class X> concept RealElem = Elem<X> && !ComplexElem<X>;

namespace emu {
template <class V> using lane_t = typename std::remove_cvref_t<V>::value_type;
template <class V> inline constexpr unsigned lanes = std::remove_cvref_t<V>::size();
template <class V> using value_t = vector<lane_t<V>, lanes<V>>;  // a vector_ref is loaded
}  // namespace emu

template <class A, class B> inline constexpr bool is_same_vector_v = std::is_same_v<emu::value_t<A>, emu::value_t<B>>;
// The API takes scalars of the vector's own element type only: `aie::max(v8, 0)` has an int.
template <class A, class B>
inline constexpr bool is_valid_elem_op_v = std::is_same_v<operand_base_type_t<A>, operand_base_type_t<B>>;
}  // namespace aie
