// Reductions: halves are folded until one lane is left.
#pragma once
#include "multiply.hpp"

namespace aie {
namespace emu {
template <class T, unsigned N, class F> T folded(vector<T, N> v, F f, int slot, int latency, const char *operation) {
  for (unsigned n = N / 2; n; n /= 2) {
    const unsigned moved = aie_emu_issue(MOVE, 1, v.ready, MOVE_LATENCY, "vshift");
    v.ready = aie_emu_issue(slot, 1, moved, latency, operation);
    for (unsigned i = 0; i < n; i++) v.lane[i] = f(v.lane[i], v.lane[i + n]);
  }
  aie_emu_to_scalar(aie_emu_issue(MOVE, 1, v.ready, MOVE_LATENCY, "vextract"));
  return v.lane[0];
}
}  // namespace emu

// Sums of 8 bits wrap at 8 bits; those of bfloat16 are made in float.
template <Vector V> auto reduce_add(const V &values) {
  using T = emu::lane_t<V>;
  const emu::value_t<V> v = values;
  if constexpr (detail::is_four_bits_v<T>) {
    return T(reduce_add(v.unpack()));
  } else if constexpr (std::is_same_v<T, bfloat16>) {
    vector<float, emu::lanes<V>> wide;
    for (unsigned i = 0; i < emu::lanes<V>; i++) wide.lane[i] = emu::to_float(v.lane[i]);
    wide.ready = v.ready;
    return emu::from_float<T>(emu::folded(wide, emu::sum<float>, emu::VECTOR, emu::FMAC_LATENCY, "reduce_add"));
  } else {
    return emu::folded(v, emu::sum<T>, emu::adder<T>(), emu::adder_latency<T>(), "reduce_add");
  }
}
template <RealVector V> auto reduce_min(const V &values) {
  using T = emu::lane_t<V>;
  return emu::folded(emu::value_t<V>(values), [](T a, T b) { return emu::below(b, a) ? b : a; }, emu::MOVE, emu::MOVE_LATENCY,
                     "reduce_min");
}
template <RealVector V> auto reduce_max(const V &values) {
  using T = emu::lane_t<V>;
  return emu::folded(emu::value_t<V>(values), [](T a, T b) { return emu::below(a, b) ? b : a; }, emu::MOVE, emu::MOVE_LATENCY,
                     "reduce_max");
}
template <RealVector V> auto reduce_mul(const V &values) {
  using T = emu::lane_t<V>;
  return emu::folded(emu::value_t<V>(values), [](T a, T b) { return emu::from_float<T>(emu::to_float(a) * emu::to_float(b)); },
                     emu::VECTOR, emu::FMAC_LATENCY, "reduce_mul");
}
template <Vector V> [[deprecated("Use aie::reduce_add instead.")]] auto add_reduce(const V &v) { return reduce_add(v); }
template <Vector V> [[deprecated("Use reduce_min instead")]] auto min_reduce(const V &v) { return reduce_min(v); }
template <Vector V> [[deprecated("Use reduce_max instead")]] auto max_reduce(const V &v) { return reduce_max(v); }
template <Vector V> [[deprecated("Use reduce_add instead")]] auto mul_reduce(const V &v) { return reduce_mul(v); }
// The sum of each vector in a lane of its own.
template <Vector V, Vector... Vs> auto reduce_add_v(const V &first, const Vs &...rest) {
  emu::value_t<V> sums = zeros<emu::lane_t<V>, emu::lanes<V>>();
  unsigned index = 0;
  sums.set(reduce_add(first), index++);
  (sums.set(reduce_add(rest), index++), ...);
  return sums;
}
}  // namespace aie
