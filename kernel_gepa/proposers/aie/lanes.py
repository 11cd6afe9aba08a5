"""The head that vector code brings along: a class of lanes with the operators of C++, over aie:: operations.

Two kinds of it. Wide: floats and 32-bit integers, exact and always possible. Narrow: the element type of the buffers,
for what stays inside it. The bench decides whether the narrow one was right.
"""

from __future__ import annotations

from dataclasses import dataclass

COMMON = """\
using LaneMask = aie::mask<LANES>;
template <class T> struct Lanes {
    aie::vector<T, LANES> v;
    Lanes() = default;
    Lanes(const aie::vector<T, LANES> &x) : v(x) {}
    template <class S> requires(std::is_arithmetic_v<S> || std::is_same_v<S, bfloat16>)
    Lanes(S x) : v(aie::broadcast<T, LANES>(static_cast<T>(x))) {}
    template <class U> requires(std::is_same_v<U, int32> && std::is_same_v<T, float>)
    Lanes(const Lanes<U> &x) : v(aie::to_float<float>(x.v)) {}
    template <class U> requires(std::is_same_v<U, float> && std::is_same_v<T, int32>)
    explicit Lanes(const Lanes<U> &x) : v(towards_zero(x.v)) {}
    static aie::vector<int32, LANES> towards_zero(const aie::vector<float, LANES> &x) {
        const aie::vector<int32, LANES> near = aie::to_fixed<int32>(x);
        const LaneMask beyond = aie::gt(aie::abs(aie::to_float<float>(near)), aie::abs(x));
        const aie::vector<int32, LANES> step = aie::select(int32(1), int32(-1), aie::lt(x, 0.0f));
        return aie::select(near, aie::sub(near, step), beyond);
    }
    friend Lanes operator+(const Lanes &a, const Lanes &b) { return aie::add(a.v, b.v); }
    friend Lanes operator-(const Lanes &a, const Lanes &b) { return aie::sub(a.v, b.v); }
    friend Lanes operator-(const Lanes &a) { return aie::neg(a.v); }
    friend Lanes operator*(const Lanes &a, const Lanes &b) { return product(a.v, b.v); }
    friend Lanes operator/(const Lanes &a, const Lanes &b) { return product(a.v, aie::inv(b.v)); }
    friend Lanes operator&(const Lanes &a, const Lanes &b) { return aie::bit_and(a.v, b.v); }
    friend Lanes operator|(const Lanes &a, const Lanes &b) { return aie::bit_or(a.v, b.v); }
    friend Lanes operator^(const Lanes &a, const Lanes &b) { return aie::bit_xor(a.v, b.v); }
    friend Lanes operator~(const Lanes &a) { return aie::bit_not(a.v); }
    friend Lanes operator<<(const Lanes &a, unsigned n) { return aie::upshift(a.v, n); }
    friend Lanes operator>>(const Lanes &a, unsigned n) {  // shifts round by the rounding register
        const aie::rounding_mode before = aie::swap_rounding(aie::rounding_mode::floor);
        const Lanes shifted = aie::downshift(a.v, n);
        aie::set_rounding(before);
        return shifted;
    }
    friend LaneMask operator<(const Lanes &a, const Lanes &b) { return aie::lt(a.v, b.v); }
    friend LaneMask operator>(const Lanes &a, const Lanes &b) { return aie::gt(a.v, b.v); }
    friend LaneMask operator<=(const Lanes &a, const Lanes &b) { return aie::le(a.v, b.v); }
    friend LaneMask operator>=(const Lanes &a, const Lanes &b) { return aie::ge(a.v, b.v); }
    friend LaneMask operator==(const Lanes &a, const Lanes &b) { return aie::eq(a.v, b.v); }
    friend LaneMask operator!=(const Lanes &a, const Lanes &b) { return aie::neq(a.v, b.v); }
    friend Lanes chosen(const LaneMask &m, const Lanes &yes, const Lanes &no) { return aie::select(no.v, yes.v, m); }
    friend Lanes smaller(const Lanes &a, const Lanes &b) { return aie::min(a.v, b.v); }
    friend Lanes larger(const Lanes &a, const Lanes &b) { return aie::max(a.v, b.v); }
    friend Lanes magnitude(const Lanes &a) { return aie::abs(a.v); }
    static Lanes product(const aie::vector<T, LANES> &a, const aie::vector<T, LANES> &b) {
        if constexpr (std::is_same_v<T, float>) {
            if constexpr (!EXACT_PRODUCTS)
                return aie::mul(short_floats(a), short_floats(b)).template to_vector<float>();
        }
        return aie::mul(a, b).template to_vector<T>();
    }
    static aie::vector<bfloat16, LANES> short_floats(const aie::vector<float, LANES> &x) {
        return aie::accum<accfloat, LANES>(x).template to_vector<bfloat16>();
    }
};
inline LaneMask chosen(const LaneMask &m, const LaneMask &yes, const LaneMask &no) { return (m & yes) | (~m & no); }
"""

WIDE = """\
using FloatLanes = Lanes<float>;
using IntLanes = Lanes<int32>;
inline FloatLanes widened(const aie::vector<float, LANES> &x) { return x; }
inline FloatLanes widened(const aie::vector<bfloat16, LANES> &x) {
    return aie::accum<accfloat, LANES>(x).template to_vector<float>();
}
inline IntLanes widened(const aie::vector<int32, LANES> &x) { return x; }
inline IntLanes widened(const aie::vector<uint32, LANES> &x) { return x.template cast_to<int32>(); }
inline IntLanes widened(const aie::vector<int16, LANES> &x) { return x.unpack(); }
inline IntLanes widened(const aie::vector<uint16, LANES> &x) { return x.unpack().template cast_to<int32>(); }
inline IntLanes widened(const aie::vector<int8, LANES> &x) { return x.unpack().unpack(); }
inline IntLanes widened(const aie::vector<uint8, LANES> &x) { return x.unpack().unpack().template cast_to<int32>(); }
template <class E> inline aie::vector<E, LANES> narrowed(const FloatLanes &x) {
    if constexpr (std::is_same_v<E, float>) return x.v;
    else return FloatLanes::short_floats(x.v);
}
template <class E> inline aie::vector<E, LANES> narrowed(const IntLanes &x) {
    if constexpr (sizeof(E) == 4) return x.v.template cast_to<E>();
    else if constexpr (sizeof(E) == 2) return x.v.pack().template cast_to<E>();
    else return x.v.pack().pack().template cast_to<E>();
}
inline FloatLanes as_float(const IntLanes &x) { return x.v.template cast_to<float>(); }
inline IntLanes as_int(const FloatLanes &x) { return x.v.template cast_to<int32>(); }
"""

NARROW = """\
using FloatLanes = Lanes<{element}>;
using IntLanes = Lanes<{element}>;
inline IntLanes widened(const aie::vector<{element}, LANES> &x) {{ return x; }}
template <class E> inline aie::vector<E, LANES> narrowed(const IntLanes &x) {{ return x.v; }}
"""

MEMORY = """\
template <class E> inline auto loaded(const E *from) { return widened(aie::load_v<LANES>(from)); }
template <class E> inline auto loaded_at(const E *from) {
    if constexpr (ROWS_ALIGNED) return widened(aie::load_v<LANES>(from));
    else return widened(aie::load_unaligned_v<LANES>(from));
}
// Every second or fourth element: whole vectors are loaded and filtered.
template <unsigned STRIDE, class E> inline auto loaded_every(const E *base, unsigned offset) {
    const unsigned phase = offset % STRIDE;
    const auto all = aie::load_unaligned_v<LANES * STRIDE>(base + offset - phase);
    if constexpr (STRIDE == 2) {
        return widened(phase & 1 ? aie::filter_odd(all) : aie::filter_even(all));
    } else {
        const auto half = phase & 1 ? aie::filter_odd(all) : aie::filter_even(all);
        return widened(phase & 2 ? aie::filter_odd(half) : aie::filter_even(half));
    }
}
template <class E, class L> inline void store(E *to, const L &x) { aie::store_v(to, narrowed<E>(x)); }
template <class E, class L> inline void store_at(E *to, const L &x) {
    if constexpr (ROWS_ALIGNED) aie::store_v(to, narrowed<E>(x));
    else aie::store_unaligned_v(to, narrowed<E>(x));
}
"""

ELEMENTS = {
    "int8_t": ("int8", "64, 32, 128"),
    "uint8_t": ("uint8", "64, 32, 128"),
    "int16_t": ("int16", "32, 16, 64"),
    "uint16_t": ("uint16", "32, 16, 64"),
    "int32_t": ("int32", "16, 8, 32"),
    "uint32_t": ("uint32", "16, 8, 32"),
    "bfloat16": ("bfloat16", "32, 16, 64"),
    "float": ("float", "16, 8, 32"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """`element` is the C type of the buffers that a narrow one stays in; None for the wide one."""

    name: str
    element: str | None = None

    @property
    def head(self) -> str:
        if self.element is None:
            lanes, body = "16, 8, 32", WIDE
        else:
            element, lanes = ELEMENTS[self.element]
            body = NARROW.format(element=element)
        first = lanes.partition(",")[0]
        knobs = (
            f"constexpr unsigned LANES = {first};  // tune: {lanes}\n"
            "constexpr bool EXACT_PRODUCTS = true;  // tune: true, false\n"
            "constexpr bool ROWS_ALIGNED = false;  // tune: false, true\n"
        )
        return f"\n// One operation works on LANES elements.\n{knobs}{COMMON}{body}{MEMORY}\n"
