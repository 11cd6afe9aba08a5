// Data movement within and between vectors.
#pragma once
#include "lanes.hpp"

namespace aie {
namespace emu {
// Lane i of the result comes from lane `from(i)`; what comes from outside is undefined.
template <class V, class F> auto permuted(const V &values, F from, const char *operation) {
  const value_t<V> v = values;
  value_t<V> made;
  for (int i = 0; i < int(lanes<V>); i++)
    if (const int source = from(i); source >= 0 && source < int(lanes<V>)) made.lane[i] = v.lane[source];
  made.ready = aie_emu_issue(MOVE, natives<lane_t<V>, lanes<V>>(), v.ready, MOVE_LATENCY, operation);
  return made;
}
template <class V> void check_distance(unsigned n) {
  if (n > lanes<V>) aie_emu_stop("n must be smaller or equal than the vector length");
}
template <class V> void check_chunk(unsigned chunk, unsigned most) {
  if (detail::type_bits_v<lane_t<V>> * chunk < 8) aie_emu_stop("Minimum chunk granularity is 8bit");
  if (chunk == 0 || chunk > most || (chunk & (chunk - 1))) aie_emu_stop("chunk_size must be a power of two, and fit into the vector");
}
}  // namespace emu

template <Vector V> auto shuffle_down(const V &v, unsigned n) {
  emu::check_distance<V>(n);
  return emu::permuted(v, [n](int i) { return i + int(n); }, "shuffle_down");
}
template <Vector V> auto shuffle_up(const V &v, unsigned n) {
  emu::check_distance<V>(n);
  return emu::permuted(v, [n](int i) { return i - int(n); }, "shuffle_up");
}
template <Vector V> auto shuffle_down_rotate(const V &v, unsigned n) {
  emu::check_distance<V>(n);
  return emu::permuted(v, [n](int i) { return (i + int(n)) % int(emu::lanes<V>); }, "shuffle_down_rotate");
}
template <Vector V> auto shuffle_up_rotate(const V &v, unsigned n) {
  emu::check_distance<V>(n);
  return emu::permuted(v, [n](int i) { return (i + int(emu::lanes<V> - n)) % int(emu::lanes<V>); }, "shuffle_up_rotate");
}
template <Vector V> auto shuffle_down_replicate(const V &v, unsigned n) {
  emu::check_distance<V>(n);
  return emu::permuted(v, [n](int i) { return std::min(i + int(n), int(emu::lanes<V>) - 1); }, "shuffle_down_replicate");
}
template <Vector V> auto shuffle_up_replicate(const V &v, unsigned n) {
  emu::check_distance<V>(n);
  return emu::permuted(v, [n](int i) { return std::max(i - int(n), 0); }, "shuffle_up_replicate");
}
template <Vector V> auto shuffle_down_fill(const V &v, const V &fill, unsigned n) {
  const emu::value_t<V> filler = fill;
  auto made = shuffle_down(v, n);
  for (unsigned i = 0; i < n; i++) made.lane[emu::lanes<V> - n + i] = filler.lane[i];
  made.ready = std::max(made.ready, filler.ready + emu::MOVE_LATENCY);
  return made;
}
template <Vector V> auto shuffle_up_fill(const V &v, const V &fill, unsigned n) {
  const emu::value_t<V> filler = fill;
  auto made = shuffle_up(v, n);
  for (unsigned i = 0; i < n; i++) made.lane[i] = filler.lane[emu::lanes<V> - n + i];
  made.ready = std::max(made.ready, filler.ready + emu::MOVE_LATENCY);
  return made;
}
template <Vector V> auto reverse(const V &v) {
  return emu::permuted(v, [](int i) { return int(emu::lanes<V>) - 1 - i; }, "reverse");
}
template <Vector V> auto transpose(const V &v, unsigned rows, unsigned columns) {
  if (rows * columns != emu::lanes<V>) aie_emu_stop("Requires Row * Col equal to number of vector elements");
  return emu::permuted(v, [=](int i) { return int((i % rows) * columns + i / rows); }, "transpose");
}

namespace emu {
template <class V> auto filtered(const V &values, unsigned chunk, unsigned odd, const char *operation) {
  check_chunk<V>(chunk, lanes<V> / 2);
  const value_t<V> v = values;
  vector<lane_t<V>, lanes<V> / 2> made;
  for (unsigned i = 0; i < lanes<V> / 2; i++) made.lane[i] = v.lane[(i / chunk) * 2 * chunk + odd * chunk + i % chunk];
  made.ready = aie_emu_issue(MOVE, natives<lane_t<V>, lanes<V>>(), v.ready, MOVE_LATENCY, operation);
  return made;
}
}  // namespace emu
template <Vector V> auto filter_even(const V &v, unsigned chunk_size = 1) { return emu::filtered(v, chunk_size, 0, "filter_even"); }
template <Vector V> auto filter_odd(const V &v, unsigned chunk_size = 1) { return emu::filtered(v, chunk_size, 1, "filter_odd"); }

// Which of the two, chosen while the kernel runs.
template <ElemBaseType T, unsigned N> class filter_mode {
  constexpr filter_mode(unsigned chunk_size, unsigned is_odd) : chunk_size(chunk_size), is_odd(is_odd) {}

 public:
  unsigned chunk_size, is_odd;
  static constexpr filter_mode even(unsigned chunk_size) { return {chunk_size, 0}; }
  static constexpr filter_mode odd(unsigned chunk_size) { return {chunk_size, 1}; }
};
template <Vector V, ElemBaseType T, unsigned N> requires(std::is_same_v<emu::lane_t<V>, T> && emu::lanes<V> == N)
auto filter(const V &v, filter_mode<T, N> mode) {
  return emu::filtered(v, mode.chunk_size, mode.is_odd, "filter");
}

template <Vector A, Vector B> requires(is_same_vector_v<A, B>)
auto interleave_zip(const A &first, const B &second, unsigned chunk_size) {
  emu::check_chunk<A>(chunk_size, emu::lanes<A>);
  constexpr unsigned N = emu::lanes<A>;
  const emu::value_t<A> a = first, b = second;
  emu::value_t<A> low, high;
  for (unsigned i = 0; i < 2 * N; i++) {
    const unsigned chunk = i / chunk_size;
    (i < N ? low : high).lane[i % N] = (chunk & 1 ? b : a).lane[(chunk / 2) * chunk_size + i % chunk_size];
  }
  const unsigned ready = std::max(a.ready, b.ready);
  low.ready = aie_emu_issue(emu::MOVE, emu::natives<emu::lane_t<A>, N>(), ready, emu::MOVE_LATENCY, "interleave_zip");
  high.ready = aie_emu_issue(emu::MOVE, emu::natives<emu::lane_t<A>, N>(), ready, emu::MOVE_LATENCY, "interleave_zip");
  return std::make_pair(low, high);
}
template <Vector A, Vector B> requires(is_same_vector_v<A, B>)
auto interleave_unzip(const A &first, const B &second, unsigned chunk_size) {
  const auto both = concat(emu::value_t<A>(first), emu::value_t<A>(second));
  return std::make_pair(filter_even(both, chunk_size), filter_odd(both, chunk_size));
}
// The size of chunks, chosen while the kernel runs.
template <ElemBaseType T, unsigned N> struct interleave_zip_mode {
  unsigned chunk_size;
  explicit constexpr interleave_zip_mode(unsigned chunk_size) : chunk_size(chunk_size) {}
};
template <ElemBaseType T, unsigned N> struct interleave_unzip_mode {
  unsigned chunk_size;
  explicit constexpr interleave_unzip_mode(unsigned chunk_size) : chunk_size(chunk_size) {}
};
template <Vector A, Vector B, ElemBaseType T, unsigned N> requires(is_same_vector_v<A, B> && std::is_same_v<emu::value_t<A>, vector<T, N>>)
auto interleave_zip(const A &first, const B &second, const interleave_zip_mode<T, N> &mode) {
  return interleave_zip(first, second, mode.chunk_size);
}
template <Vector A, Vector B, ElemBaseType T, unsigned N> requires(is_same_vector_v<A, B> && std::is_same_v<emu::value_t<A>, vector<T, N>>)
auto interleave_unzip(const A &first, const B &second, const interleave_unzip_mode<T, N> &mode) {
  return interleave_unzip(first, second, mode.chunk_size);
}
}  // namespace aie
