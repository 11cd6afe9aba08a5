"""A kernel that interprets programs over vector registers: compiled once, run on any number of programs."""

from __future__ import annotations

from kernel_gepa.backends.aie.emulator import Source
from kernel_gepa.domain.npu import TileBuffer
from tests.npu.model import INTEGER_ONLY, SHARED

REGISTERS, STEPS = 4, 8
EXPRESSIONS = {
    "add": "aie::add(a, b)",
    "sub": "aie::sub(a, b)",
    "mul": "aie::mul(a, b).to_vector<T>(SHIFT)",
    "mac": "aie::mac(aie::accum<ACC, N>(a, UP), a, b).to_vector<T>(SHIFT)",
    "msc": "aie::msc(aie::accum<ACC, N>(b, UP), a, b).to_vector<T>(SHIFT)",
    "mac_of_op_sub": "aie::mac(aie::op_sub(aie::accum<ACC, N>(b, UP)), aie::op_none(a), b).to_vector<T>(SHIFT)",
    "mac_of_op_zero": "aie::mac(aie::op_zero(aie::accum<ACC, N>(a, UP), k & 1), a, b).to_vector<T>(SHIFT)",
    "mul_of_op_abs": "aie::mul(aie::op_abs(a), b).to_vector<T>(SHIFT)",
    "mul_of_op_max": "aie::mul(aie::op_max(a, b), a).to_vector<T>(SHIFT)",
    "mul_of_op_min": "aie::mul(a, aie::op_min(a, b)).to_vector<T>(SHIFT)",
    "mul_of_op_sign": "aie::mul(aie::op_sign(a, k & 1), b).to_vector<T>(SHIFT)",
    "contains": "aie::broadcast<T, N>(T(aie::contains(b.get(k), a) ? 1 : 0))",
    "filter": "filtered(a, b, k)",
    "neg": "aie::neg(a)",
    "abs": "aie::abs(a)",
    "min": "aie::min(a, b)",
    "max": "aie::max(a, b)",
    "select": "aie::select(a, b, aie::lt(a, b))",
    "select_eq": "aie::select(a, b.get(0), aie::eq(a, b))",
    "broadcast": "aie::broadcast<T, N>(a[k])",
    "rotate_down": "aie::shuffle_down_rotate(a, k)",
    "rotate_up": "aie::shuffle_up_rotate(a, k)",
    "replicate_down": "aie::shuffle_down_replicate(a, k)",
    "replicate_up": "aie::shuffle_up_replicate(a, k)",
    "fill_down": "aie::shuffle_down_fill(a, b, k)",
    "fill_up": "aie::shuffle_up_fill(a, b, k)",
    "reverse": "aie::reverse(a)",
    "zip_low": "aie::interleave_zip(a, b, 1).first",
    "zip_high": "aie::interleave_zip(a, b, 1).second",
    "unzip_even": "aie::interleave_unzip(a, b, 1).first",
    "unzip_odd": "aie::interleave_unzip(a, b, 1).second",
    "transpose": "aie::transpose(a, N / 4, 4)",
    "reduce_add": "aie::broadcast<T, N>(aie::reduce_add(a))",
    "reduce_min": "aie::broadcast<T, N>(aie::reduce_min(a))",
    "reduce_max": "aie::broadcast<T, N>(aie::reduce_max(a))",
    "saturating_add": "aie::saturating_add(a, b)",
    "saturating_sub": "aie::saturating_sub(a, b)",
    "bit_and": "aie::bit_and(a, b)",
    "bit_or": "aie::bit_or(a, b)",
    "bit_xor": "aie::bit_xor(a, b)",
    "bit_not": "aie::bit_not(a)",
    "maxdiff": "aie::maxdiff(a, b)",
    "upshift": "aie::upshift(a, s)",
    "downshift": "aie::downshift(a, s)",
    "logical_downshift": "aie::logical_downshift(a, s)",
}
KERNEL = """#include <aie_api/aie.hpp>
using T = {T};
constexpr unsigned N = {N};
using Vector = aie::vector<T, N>;
[[maybe_unused]] static Vector filtered(const Vector &a, const Vector &b, unsigned k) {{
  using Mode = aie::filter_mode<T, N>;
  const Mode mode = k & 1 ? Mode::odd(1 + (k & 2) / 2) : Mode::even(1 + (k & 2) / 2);
  return aie::concat(aie::filter(a, mode), aie::filter(b, mode));
}}
void interpret(T *in, int32_t *program, T *out) {{
  aie::set_rounding(aie::rounding_mode(program[0]));
  aie::set_saturation(aie::saturation_mode(program[1]));
  aie::vector<T, N> r[{registers}];
  for (unsigned i = 0; i < {registers}; i++) r[i] = aie::load_v<N>(in + i * N);
  for (unsigned step = 0; step < {steps}; step++) {{
    const int32_t *p = program + 2 + 5 * step;
    const aie::vector<T, N> a = r[p[2]], b = r[p[3]];
    const unsigned k = unsigned(p[4]) % N;
    [[maybe_unused]] const unsigned s = unsigned(p[4]) % ({bits} - 1);
    switch (p[0]) {{
{cases}
    }}
  }}
  for (unsigned i = 0; i < {registers}; i++) aie::store_v(out + i * N, r[i]);
}}
"""
WRAPPER = (
    'extern "C" void interpret_wrapper({T} *in, int32_t *program, {T} *out) '
    "{{ event0(); interpret(in, program, out); event1(); }}"
)
C_TYPES = {"int8": "int8_t", "int16": "int16_t", "int32": "int32_t", "bfloat16": "bfloat16"}
LANES = {"int8": 32, "int16": 32, "int32": 16, "bfloat16": 16}
BITS = {"int8": 8, "int16": 16, "int32": 32, "bfloat16": 16}


def operations(dtype: str) -> tuple[str, ...]:
    return SHARED if dtype == "bfloat16" else (*SHARED, *INTEGER_ONLY)


def source(dtype: str) -> Source:
    integral = dtype != "bfloat16"
    words = {"SHIFT": "int(s)" if integral else "0", "UP": "1" if integral else "0"}
    words["ACC"] = {"int32": "acc64", "bfloat16": "accfloat"}.get(dtype, "acc32")
    lines = []
    for number, name in enumerate(operations(dtype)):
        expression = EXPRESSIONS[name]
        for word, meaning in words.items():
            expression = expression.replace(word, meaning)
        lines.append(f"      case {number}: r[p[1]] = {expression}; break;")
    c_type, lanes = C_TYPES[dtype], LANES[dtype]
    kernel = KERNEL.format(
        T=c_type, N=lanes, registers=REGISTERS, steps=STEPS, bits=BITS[dtype], cases="\n".join(lines)
    )
    shape = (REGISTERS * lanes,)
    arguments = (
        TileBuffer("in", "input", dtype, shape, f"{c_type} *"),
        TileBuffer("program", "input", "int32", (2 + 5 * STEPS,), "int32_t *"),
        TileBuffer("out", "output", dtype, shape, f"{c_type} *"),
    )
    return Source(kernel, "interpret_wrapper", WRAPPER.format(T=c_type), arguments)
