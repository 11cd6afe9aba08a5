// sliding_mul: every lane multiplies a window of the data with the coefficients.
#pragma once
#include "multiply.hpp"

namespace aie {
template <unsigned Lanes, unsigned Points, int CoeffStep, int DataStepX, int DataStepY, ElemBaseType CoeffType,
          ElemBaseType DataType, AccumElemBaseType AccumTag = accauto>
struct sliding_mul_ops {
  static constexpr bool is_complex = detail::is_complex_v<CoeffType> || detail::is_complex_v<DataType>;
  static_assert(is_valid_mul_op_v<CoeffType, DataType> && detail::type_bits_v<CoeffType> > 4 && detail::type_bits_v<DataType> > 4 &&
                    (!is_complex || (sizeof(detail::component_t<CoeffType>) == 2 && sizeof(detail::component_t<DataType>) == 2)),
                "these types cannot be multiplied");
  static constexpr unsigned lanes = Lanes, points = Points;
  using coeff_type = CoeffType;
  using data_type = DataType;
  using accum_type = accum<detail::accum_tag_t<AccumTag, CoeffType, DataType>, Lanes>;

  template <Vector C, Vector D> static accum_type mul(const C &c, unsigned coeff_start, const D &d, unsigned data_start) {
    return run(nullptr, c, coeff_start, d, data_start);
  }
  template <Vector C, Vector D> static accum_type negmul(const C &c, unsigned coeff_start, const D &d, unsigned data_start) {
    return neg(run(nullptr, c, coeff_start, d, data_start));
  }
  template <Vector C, Vector D>
  static accum_type mac(const accum_type &acc, const C &c, unsigned coeff_start, const D &d, unsigned data_start) {
    return run(&acc, c, coeff_start, d, data_start);
  }

 private:
  // Points that one native instruction sums up.
  static constexpr unsigned native_points = accum_type::is_floating_point() ? 1 : is_complex ? 2 : (sizeof(DataType) == 1 ? 8 : 4);
  static constexpr unsigned native_lanes = accum_type::is_floating_point() ? 16 : is_complex ? 8 : (sizeof(CoeffType) + sizeof(DataType) > 4 ? 16 : 32);

  template <class C, class D>
  static accum_type run(const accum_type *acc, const C &coefficients, unsigned coeff_start, const D &data, unsigned data_start) {
    static_assert(std::is_same_v<emu::lane_t<C>, CoeffType> && std::is_same_v<emu::lane_t<D>, DataType>, "Types must match");
    static_assert(sizeof(CoeffType) * emu::lanes<C> <= 64, "Coefficients cannot exceed 512b");
    static_assert(sizeof(DataType) * emu::lanes<D> <= 128, "Data cannot exceed 1024b");
    const emu::value_t<C> c = coefficients;
    const emu::value_t<D> d = data;
    accum_type made;
    for (unsigned l = 0; l < Lanes; l++) {
      typename accum_type::lane_type sum = acc ? acc->lane[l] : typename accum_type::lane_type{};
      for (unsigned p = 0; p < Points; p++) {
        const auto a = c.lane[(coeff_start + p * CoeffStep) % emu::lanes<C>];
        const auto b = d.lane[(data_start + l * DataStepY + p * DataStepX) % emu::lanes<D>];
        sum = emu::gathered<accum_type>(sum, emu::product<accum_type>(a, b), false);
      }
      made.lane[l] = sum;
    }
    constexpr int count = std::max(1u, Lanes / native_lanes) * ((Points + native_points - 1) / native_points);
    const unsigned ready = std::max({c.ready, d.ready, acc ? emu::read_late(acc->ready) : 0});
    made.ready = aie_emu_issue(emu::VECTOR, count, ready, emu::mac_latency<accum_type>(), "vmac.sliding");
    return made;
  }
};
template <unsigned L, unsigned P, int CS, int DX, ElemBaseType C, ElemBaseType D, AccumElemBaseType Tag = accauto>
using sliding_mul_x_ops = sliding_mul_ops<L, P, CS, DX, 1, C, D, Tag>;
template <unsigned L, unsigned P, int CS, int DY, ElemBaseType C, ElemBaseType D, AccumElemBaseType Tag = accauto>
using sliding_mul_y_ops = sliding_mul_ops<L, P, CS, 1, DY, C, D, Tag>;
template <unsigned L, unsigned P, int CS, int DXY, ElemBaseType C, ElemBaseType D, AccumElemBaseType Tag = accauto>
using sliding_mul_xy_ops = sliding_mul_ops<L, P, CS, DXY, DXY, C, D, Tag>;

template <unsigned L, unsigned P, int CS = 1, int DX = 1, int DY = DX, AccumElemBaseType Tag = accauto, Vector C, Vector D>
  requires(is_valid_mul_op_v<emu::lane_t<C>, emu::lane_t<D>>)
auto sliding_mul(const C &c, unsigned coeff_start, const D &d, unsigned data_start) {
  return sliding_mul_ops<L, P, CS, DX, DY, emu::lane_t<C>, emu::lane_t<D>, Tag>::mul(c, coeff_start, d, data_start);
}
template <unsigned L, unsigned P, int CS = 1, int DX = 1, int DY = DX, Accum Acc, Vector C, Vector D>
  requires(Acc::size() == L && is_valid_mul_op_v<emu::lane_t<C>, emu::lane_t<D>>)
Acc sliding_mac(const Acc &acc, const C &c, unsigned coeff_start, const D &d, unsigned data_start) {
  using Ops = sliding_mul_ops<L, P, CS, DX, DY, emu::lane_t<C>, emu::lane_t<D>, typename Acc::value_type>;
  return Ops::mac(acc, c, coeff_start, d, data_start);
}

// The same for several channels side by side, each with coefficients of its own.
namespace detail {
template <class C, class D> constexpr bool slides_by_channels(unsigned channels) {
  constexpr bool bytes = sizeof(C) == 1 && sizeof(D) == 1 && type_bits_v<C> == 8 && type_bits_v<D> == 8;
  constexpr bool words = __AIE_ARCH__ == 21 && is_one_of_v<C, int16, uint16> && is_one_of_v<D, int16, uint16>;
  return (bytes && (channels == 8 || (__AIE_ARCH__ == 20 && channels == 4))) || (words && channels == 8);
}
}  // namespace detail
template <unsigned Outputs, unsigned Channels, unsigned Points, int CoeffStep, int DataStepX, int DataStepY, ElemBaseType CoeffType,
          ElemBaseType DataType, AccumElemBaseType AccumTag = std::conditional_t<sizeof(CoeffType) == 1, acc32, acc64>>
struct sliding_mul_ch_ops {
  static_assert(detail::slides_by_channels<CoeffType, DataType>(Channels), "no sliding multiplication of these types and channels");
  static_assert((CoeffStep == 1 || CoeffStep == 2) && DataStepX == 1 && DataStepY == 1,
                "data of a sliding multiplication by channels are stepped by 1, coefficients by 1 or 2");
  static constexpr unsigned lanes = Outputs * Channels, points = Points;
  using coeff_type = CoeffType;
  using data_type = DataType;
  using accum_type = accum<AccumTag, lanes>;

  template <Vector C, Vector D> static accum_type mul(const C &c, unsigned coeff_start, const D &d, unsigned data_start) {
    return run(nullptr, c, coeff_start, d, data_start);
  }
  template <Vector C, Vector D> static accum_type negmul(const C &c, unsigned coeff_start, const D &d, unsigned data_start) {
    return neg(run(nullptr, c, coeff_start, d, data_start));
  }
  template <Vector C, Vector D>
  static accum_type mac(const accum_type &acc, const C &c, unsigned coeff_start, const D &d, unsigned data_start) {
    return run(&acc, c, coeff_start, d, data_start);
  }

 private:
  static constexpr unsigned native = sizeof(CoeffType) == 1 && (__AIE_ARCH__ == 21 || Channels == 4) ? 8 : 4;  // outputs, and points

  template <class C, class D>
  static accum_type run(const accum_type *acc, const C &coefficients, unsigned coeff_start, const D &data, unsigned data_start) {
    static_assert(std::is_same_v<emu::lane_t<C>, CoeffType> && std::is_same_v<emu::lane_t<D>, DataType>, "Types must match");
    static_assert(sizeof(CoeffType) * emu::lanes<C> <= 64, "Coefficients cannot exceed 512b");
    static_assert(sizeof(DataType) * emu::lanes<D> <= 128, "Data cannot exceed 1024b");
    const emu::value_t<C> c = coefficients;
    const emu::value_t<D> d = data;
    accum_type made;
    for (unsigned l = 0; l < lanes; l++) {
      int64_t sum = acc ? acc->lane[l] : 0;
      for (unsigned p = 0; p < Points; p++) {
        const unsigned column = l / Channels, channel = l % Channels;
        const auto a = c.lane[((coeff_start + p * CoeffStep) * Channels + channel) % emu::lanes<C>];
        const auto b = d.lane[((data_start + column + p) * Channels + channel) % emu::lanes<D>];
        sum = emu::gathered<accum_type>(sum, emu::product<accum_type>(a, b), false);
      }
      made.lane[l] = sum;
    }
    constexpr int count = int((Outputs + native - 1) / native * ((Points + native - 1) / native));
    const unsigned ready = std::max({c.ready, d.ready, acc ? emu::read_late(acc->ready) : 0});
    made.ready = aie_emu_issue(emu::VECTOR, count, ready, emu::MAC_LATENCY, "vmac.channels");
    return made;
  }
};
template <unsigned O, unsigned Ch, unsigned P, int CS, int DX, ElemBaseType C, ElemBaseType D>
using sliding_mul_ch_x_ops = sliding_mul_ch_ops<O, Ch, P, CS, DX, 1, C, D>;
template <unsigned O, unsigned Ch, unsigned P, int CS, int DY, ElemBaseType C, ElemBaseType D>
using sliding_mul_ch_y_ops = sliding_mul_ch_ops<O, Ch, P, CS, 1, DY, C, D>;
template <unsigned O, unsigned Ch, unsigned P, int CS, int DXY, ElemBaseType C, ElemBaseType D>
using sliding_mul_ch_xy_ops = sliding_mul_ch_ops<O, Ch, P, CS, DXY, DXY, C, D>;
}  // namespace aie
