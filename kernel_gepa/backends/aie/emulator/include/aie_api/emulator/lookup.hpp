// Lookup tables: aie::lut, and parallel_lookup and linear_approx over it.
#pragma once
#include "multiply.hpp"

namespace aie {
namespace detail {
enum class lut_oor_policy { saturate, truncate };

// Only four parallel accesses exist; the others can be named, as in the toolchain, and not be looked up in.
template <unsigned ParallelAccesses, class OffsetType, class SlopeType = OffsetType> struct lut;
template <class OffsetType, class SlopeType> struct lut<4, OffsetType, SlopeType> {
  unsigned elements;
  const void *ab, *cd;
  lut(unsigned elements, const void *ab, const void *cd) : elements(elements), ab(ab), cd(cd) {}
};
template <class OffsetType, class SlopeType> struct lut<2, OffsetType, SlopeType> {
  lut(unsigned, const void *) {}
};
template <class OffsetType, class SlopeType> struct lut<1, OffsetType, SlopeType> {
  lut(unsigned, const void *) {}
};
}  // namespace detail

namespace emu {
constexpr unsigned BANK_BYTES = 16;  // the width of a memory bank: tables repeat each such row
constexpr int LOOKUP_LOADS = 8;      // two ports are busy four cycles for sixteen lanes

// The value of one element, as often as a device reads it: the four copies take turns from lane to lane, so that one
// that differs from the others shows.
template <class Value> Value looked_up(const void *ab, const void *cd, unsigned elements, int64_t element, unsigned lane) {
  if (element < 0 || element >= int64_t(elements)) aie_emu_stop("the lookup reaches outside of its table");
  const std::size_t at = std::size_t(element) * sizeof(Value);
  const std::size_t row = at / BANK_BYTES * 2 * BANK_BYTES + at % BANK_BYTES + (lane & 1 ? BANK_BYTES : 0);
  const auto *address = static_cast<const unsigned char *>(lane & 2 ? cd : ab) + row;
  Value value;
  std::memcpy(&value, aie_emu_access(address, sizeof(Value), sizeof(Value), 0, "a lookup"), sizeof value);
  return value;
}
inline void check_table(const void *table) {
  aie_emu_access(table, BANK_BYTES, vector_decl_align, 0, "a lookup table");
}
// `steps` operations in the move slot and `products` in the multiplier around the loads of each sixteen lanes.
inline unsigned lookup_issued(unsigned lanes, unsigned ready, int steps, int products, int latency, const char *operation) {
  const int rounds = std::max(1, int(lanes / 16));
  const unsigned index = aie_emu_issue(MOVE, steps * rounds, ready, UPS_LATENCY + SRS_LATENCY, "lut.index");
  const unsigned loaded = aie_emu_issue(LOAD, LOOKUP_LOADS * rounds, index, LOAD_LATENCY, "vldb.lut");
  const unsigned turned = aie_emu_issue(MOVE, rounds, loaded, MOVE_LATENCY, "vshuffle");
  return products ? aie_emu_issue(VECTOR, products * rounds, turned, latency, operation) : turned;
}
}  // namespace emu

using detail::lut_oor_policy;

// A table of `elements` values, or of pairs of slope and offset. Each row of 128 bits lies there twice, one behind the
// other, and all of that a second time at `cd`.
template <unsigned ParallelAccesses, class OffsetType, class SlopeType = OffsetType>
struct lut : detail::lut<ParallelAccesses, OffsetType, SlopeType> {
  using offset_type = OffsetType;
  using slope_type = SlopeType;
  using lut_impl = detail::lut<ParallelAccesses, OffsetType, SlopeType>;
  lut(unsigned elements, const void *ab, const void *cd) requires(ParallelAccesses == 4) : lut_impl(elements, ab, cd) {
    emu::check_table(ab), emu::check_table(cd);
  }
  lut(unsigned elements, const void *ab) requires(ParallelAccesses == 2) : lut_impl(elements, ab) {}
  lut(unsigned elements, const void *a) requires(ParallelAccesses == 1) : lut_impl(elements, a) {}
};
template <class T> struct is_lut : std::false_type {};
template <unsigned P, class O, class S> struct is_lut<lut<P, O, S>> : std::true_type {};
template <class T> inline constexpr bool is_lut_v = is_lut<T>::value;
template <class T> concept ParallelLUT = is_lut_v<T>;

namespace detail {
template <class T, class Lut, lut_oor_policy Policy> struct parallel_lookup;  // undefined: no such lookup
template <class T, class OffsetType, lut_oor_policy Policy> struct parallel_lookup<T, lut<4, OffsetType, OffsetType>, Policy> {
  // Values of 8 bits lie in the table as 16.
  using Stored = std::conditional_t<sizeof(OffsetType) == 1, std::conditional_t<is_signed_v<OffsetType>, int16, uint16>, OffsetType>;
  static constexpr int position_bits = sizeof(OffsetType) == 4 ? 3 : 2;  // of an index in units of the duplicated table
  lut<4, OffsetType, OffsetType> table;
  int shift;
  int64_t bias;

  parallel_lookup(const lut<4, OffsetType, OffsetType> &table, unsigned step_bits, unsigned bias)
      : table(table), shift(int(step_bits) - position_bits), bias(bias) {
    if (bias & (bias - 1)) aie_emu_stop("bias must be a power of 2");
  }
  // The shift rounds by the rounding register: the bits below step_bits are not simply cut.
  int64_t element(T value) const {
    const int64_t most = (int64_t(table.elements) << position_bits) - 1, moved = bias << position_bits;
    const int64_t index = emu::fitted<int32>(emu::shift_round(value, shift));
    if constexpr (Policy == lut_oor_policy::truncate) return ((index + moved) & most) >> position_bits;
    else if constexpr (std::is_signed_v<T>) return (std::clamp(index, -moved, most - moved) + moved) >> position_bits;
    else return std::min(index, most) >> position_bits;
  }
  template <class Vec, unsigned N> requires(Vec::size() <= 32 && N <= Vec::size() && N <= 64 / sizeof(OffsetType))
  vector<OffsetType, N> fetch(const Vec &input) const {
    static_assert(Vec::size() >= 16, "a lookup needs 16 or 32 lanes of input");
    static_assert(std::is_same_v<typename Vec::value_type, T>, "the input is not of the type that the lookup was made for");
    constexpr unsigned half = BANK_LANES;
    vector<OffsetType, N> made;
    for (unsigned i = 0; i < N; i++) {
      const unsigned lane = Vec::size() == 32 && i >= half ? 16 + i - half : i;
      const Stored stored = emu::looked_up<Stored>(table.ab, table.cd, table.elements, element(input.lane[lane]), lane);
      if constexpr (sizeof(OffsetType) == 1) made.lane[i] = emu::fitted<OffsetType>(stored);
      else made.lane[i] = stored;
    }
    made.ready = emu::lookup_issued(Vec::size(), input.ready, Policy == lut_oor_policy::saturate ? 4 : 3, 0, 0, "parallel_lookup");
    return made;
  }

 private:
  // Where the second sixteen lanes of input begin in the result: two results of 256 bits are put together.
  static constexpr unsigned BANK_LANES = 32 / sizeof(Stored);
};
}  // namespace detail

// Values out of the table's range take its first or last one, or wrap.
template <class T, ParallelLUT Lut, lut_oor_policy Policy = lut_oor_policy::saturate> struct parallel_lookup {
  template <class U = T> requires(std::is_signed_v<T>)
  parallel_lookup(const Lut &table, unsigned step_bits = 0, unsigned bias = 0) : lookup(table, step_bits, bias) {}
  template <class U = T> requires(std::is_unsigned_v<T>)
  parallel_lookup(const Lut &table, unsigned step_bits = 0) : lookup(table, step_bits, 0) {}
  template <Vector V> auto fetch(const V &input) { return fetch<emu::lanes<V>>(input); }
  template <unsigned N, Vector V> vector<typename Lut::offset_type, N> fetch(const V &input) {
    return lookup.template fetch<emu::value_t<V>, N>(emu::value_t<V>(input));
  }

 private:
  detail::parallel_lookup<T, typename Lut::lut_impl, Policy> lookup;
};

namespace detail {
template <class T, class Lut> struct linear_approx;  // undefined: no such approximation

// index = (input >> step_bits) + bias; slope * (the bits below step_bits) + (offset << shift_offset)
template <class T, class OffsetType, class Tag, unsigned Lanes> struct integer_approx {
  struct Pair {
    OffsetType slope, offset;
  };
  static constexpr int least_step_bits = sizeof(OffsetType) == 1 ? 2 : sizeof(OffsetType) == 2 ? 3 : 4;
  lut<4, OffsetType, OffsetType> table;
  int step_bits, bias, shift_offset;

  integer_approx(const lut<4, OffsetType, OffsetType> &table, unsigned step_bits, int bias, int shift_offset)
      : table(table), step_bits(int(step_bits)), bias(bias), shift_offset(shift_offset) {
    if (int(step_bits) < least_step_bits) aie_emu_stop("step_bits is below minimum threshold");
  }
  // Below the table lies its first element when the device saturates; otherwise the negative index is a large one.
  unsigned element(int64_t value) const {
    const int64_t remainder = value & ((int64_t(1) << step_bits) - 1);
    const int64_t position = ((value - remainder) >> (step_bits - least_step_bits)) + (int64_t(bias) << least_step_bits);
    const uint32 most = (table.elements << least_step_bits) - 1;
    return std::min(emu::fitted<uint32>(position), most) >> least_step_bits;
  }
  template <class Vec> accum<Tag, Vec::size()> compute(const Vec &input) const {
    static_assert(Vec::size() <= Lanes, "the input has more lanes than the approximation");
    static_assert(std::is_same_v<typename Vec::value_type, T>, "the input is not of the type that the approximation was made for");
    accum<Tag, Vec::size()> made;
    for (unsigned i = 0; i < Vec::size(); i++) {
      const int64_t value = input.lane[i], remainder = value & ((int64_t(1) << step_bits) - 1);
      const Pair pair = emu::looked_up<Pair>(table.ab, table.cd, table.elements, element(value), i);
      const int64_t offset = emu::wrapped<accum_bits<Tag>>(int64_t(uint64_t(int64_t(pair.offset)) << shift_offset));
      made.lane[i] = emu::wrapped<accum_bits<Tag>>(offset + int64_t(pair.slope) * remainder);
    }
    made.ready = emu::lookup_issued(Vec::size(), input.ready, 5, 3, emu::MAC_LATENCY, "linear_approx");
    return made;
  }
};
template <> struct linear_approx<int8, lut<4, int8, int8>> : integer_approx<int8, int8, acc32, 32> {
  using integer_approx::integer_approx;
};
template <> struct linear_approx<int16, lut<4, int16, int16>> : integer_approx<int16, int16, acc64, 16> {
  using integer_approx::integer_approx;
};
template <> struct linear_approx<int16, lut<4, int32, int32>> : integer_approx<int16, int32, acc64, 16> {
  using integer_approx::integer_approx;
};
// index = (floor(input) >> step_bits) + bias; slope * input + offset
template <> struct linear_approx<bfloat16, lut<4, float, bfloat16>> {
  struct Pair {
    uint32_t slope;  // a float of which the upper half is read
    float offset;
  };
  lut<4, float, bfloat16> table;
  int step_bits, bias;

  linear_approx(const lut<4, float, bfloat16> &table, unsigned step_bits, int bias, int shift_offset)
      : table(table), step_bits(int(step_bits)), bias(bias) {
    if (shift_offset) aie_emu_stop("shift_offset is not used with bfloat and should remain 0");
  }
  int64_t element(bfloat16 value) const {
    const int64_t most = (int64_t(table.elements) << 4) - 1, moved = int64_t(bias) * 16;
    const int64_t index = emu::clipped<int32>(std::floor(std::ldexp(double(emu::from_bfloat16(value)), 4 - step_bits)));
    return (std::clamp(index, -moved, most - moved) + moved) >> 4;
  }
  template <class Vec> accum<accfloat, Vec::size()> compute(const Vec &input) const {
    static_assert(Vec::size() <= 16, "the input has more lanes than the approximation");
    static_assert(std::is_same_v<typename Vec::value_type, bfloat16>, "the input is not of the type that the approximation was made for");
    accum<accfloat, Vec::size()> made;
    for (unsigned i = 0; i < Vec::size(); i++) {
      const Pair pair = emu::looked_up<Pair>(table.ab, table.cd, table.elements, element(input.lane[i]), i);
      made.lane[i] = pair.offset + emu::float_of_bits(uint16_t(pair.slope >> 16)) * emu::from_bfloat16(input.lane[i]);
    }
    made.ready = emu::lookup_issued(Vec::size(), input.ready, 3, 1, emu::FMAC_LATENCY, "linear_approx");
    return made;
  }
};
}  // namespace detail

// `step_bits`: the lower bits of the input that do not choose an element. `bias` is added to the index.
template <class T, ParallelLUT Lut> struct linear_approx {
  linear_approx(const Lut &table, unsigned step_bits, int bias = 0, int shift_offset = 0)
      : approximation(table, step_bits, bias, shift_offset) {}
  template <Vector V> auto compute(const V &input) { return approximation.compute(emu::value_t<V>(input)); }

 private:
  detail::linear_approx<T, typename Lut::lut_impl> approximation;
};
}  // namespace aie
