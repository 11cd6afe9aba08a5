"""Vectors of four-bit integers against a model written independently: lanes as Python integers, two to a byte."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kernel_gepa.backends.aie.emulator import Emulator
from tests.npu.model import fit, rounded, wrapped
from tests.npu.switchboard import Asked, Switchboard, asks, switchboard

N = 64
LOAD = "const auto x = aie::load_v<64>((T *)a), y = aie::load_v<64>((T *)b);"
LOAD8 = "const auto w = aie::load_v<64>((W *)a); const auto y = aie::load_v<64>((T *)b);"
CASES = {
    "add": f"{LOAD} put(aie::add(x, y));",
    "sub": f"{LOAD} put(aie::sub(x, y));",
    "min": f"{LOAD} put(aie::min(x, y));",
    "max": f"{LOAD} put(aie::max(x, y));",
    "maxdiff": f"{LOAD} put(aie::maxdiff(x, y));",
    "neg": f"{LOAD} put(aie::neg(x));",
    "bit_and": f"{LOAD} put(aie::bit_and(x, y));",
    "bit_xor": f"{LOAD} put(aie::bit_xor(x, y[k]));",
    "bit_not": f"{LOAD} put(aie::bit_not(x));",
    "select": f"{LOAD} put(aie::select(x, y, aie::lt(x, y)));",
    "equal": f"{LOAD} put(aie::select(x, y, aie::eq(x, T(k & 7))));",
    "broadcast": f"{LOAD} put(aie::broadcast<T, 64>(x[k]));",
    "rotate": f"{LOAD} put(aie::shuffle_up_rotate(x, k));",
    "reverse": f"{LOAD} put(aie::reverse(x));",
    "transpose": f"{LOAD} put(aie::transpose(x, 16, 4));",
    "filter": f"{LOAD} put(aie::filter_odd(x, 2));",
    "zip": f"{LOAD} put(aie::interleave_zip(x, y, 2).second);",
    "reduce_add": f"{LOAD} put(aie::broadcast<T, 64>(aie::reduce_add(x)));",
    "reduce_min": f"{LOAD} put(aie::broadcast<T, 64>(aie::reduce_min(x)));",
    "upshift": f"{LOAD} put(aie::upshift(x, k % 3));",
    "downshift": f"{LOAD} put(aie::downshift(x, k % 4));",
    "logical_downshift": f"{LOAD} put(aie::logical_downshift(x, k % 4));",
    "unpack": f"{LOAD} put(x.unpack());",
    "unpack_sign": f"{LOAD} put(aie::unpack(aie::op_sign(x, k & 1)));",
    "unpack_twice": f"{LOAD} put(x.template unpack<int16>());",
    "pack": f"{LOAD8} put(w.pack());",
    "pack_sign": f"{LOAD8} put(w.pack_sign(k & 1));",
    "mul": f"{LOAD8} put(aie::mul(w, y).template to_vector<int32>());",
    "mul_element": f"{LOAD8} put(aie::mul(w, y[k]).template to_vector<int32>());",
    "element_mul": f"{LOAD8} put(aie::mul(w[k], y).template to_vector<int32>());",
    "msc": f"{LOAD8} put(aie::msc(aie::accum<acc32, 64>(w, 3), w, y).template to_vector<int32>());",
    "from_vector": f"{LOAD} put(aie::accum<acc32, 64>(x, 5).template to_vector<int16>());",
    "to_vector": f"{LOAD8} put(aie::accum<acc32, 64>(w).template to_vector<T>(k % 6));",
    "to_vector_sign": f"{LOAD8} put(aie::accum<acc32, 64>(w).template to_vector_sign<T>(k & 1, 1));",
    "cast": f"{LOAD} put(x.template cast_to<W>());",
    "parts": f"{LOAD} put(aie::concat(y.template extract<32>(1), x.template extract<32>(0)));",
    "set": f"{LOAD} auto z = x; z[k] = y.get(k); z.push(y[0]); put(z);",
    "iterator": "auto in = aie::begin_vector<32>((T *)a); auto to = aie::begin_vector<32>((T *)out); "
    "*to++ = *in++; *to = in[0];",
    "circle": "auto in = aie::begin_vector_circular<32, 64>((T *)a); ++in; auto x = *in++; put(aie::concat(x, *in));",
    "unaligned": "put(aie::load_unaligned_v<64>((T *)a + k % 32, 2));",
    "native": "v64TYPE x = *(v64TYPE *)a; aie::vector<T, 64> y = x; put(y);",
}


def lanes(content: bytes, signed: bool) -> list[int]:
    halves = [half for byte in content for half in (byte & 15, byte >> 4)]
    return [wrapped(half, 4, signed=signed) for half in halves]


def packed(values: list[int]) -> bytes:
    return bytes((low & 15) | (high & 15) << 4 for low, high in zip(values[::2], values[1::2], strict=True))


def modelled(asked: Asked, signed: bool) -> bytes:
    a, b = asked.a[: N // 2], asked.b[: N // 2]
    x, y, k = lanes(a, signed), lanes(b, signed), asked.k
    byte = "int8" if signed else "uint8"
    w = [int(v) for v in np.frombuffer(asked.a[:N], dtype=byte)]

    def srs(value: int, shift: int) -> int:
        return rounded(Fraction(value, 1 << shift), asked.rounding)

    def fit4(value: int, *, as_signed: bool = signed) -> int:
        return fit(value, 4, asked.saturation, signed=as_signed)

    def through8(value: int) -> int:  # what eight bits make of it, packed
        return fit4(wrapped(value, 8, signed=signed))

    def shifted(value: int, up: int, down: int, *, as_signed: bool = signed) -> int:
        eight = fit(srs(value << up, down), 8, asked.saturation, signed=as_signed)
        return fit4(eight, as_signed=as_signed)

    def each(f: Callable[[int, int], int]) -> bytes:
        return packed([f(p, q) for p, q in zip(x, y, strict=True)])

    def words(values: list[int], dtype: str = "int32") -> bytes:
        return np.array(values).astype(dtype).tobytes()

    def reread(values: list[int], bits: int, as_signed: bool) -> list[int]:
        return [wrapped(v, bits, signed=as_signed) for v in values]

    match asked.operation:
        case "add":
            return each(lambda p, q: through8(p + q))
        case "sub":
            return each(lambda p, q: through8(p - q))
        case "min":
            return each(min)
        case "max":
            return each(max)
        case "maxdiff":
            return each(lambda p, q: through8(p - q) if p > q else 0)
        case "neg":
            return packed([fit4(-p) if signed else p for p in x])
        case "bit_and":
            return each(lambda p, q: p & q)
        case "bit_xor":
            return packed([p ^ y[k] for p in x])
        case "bit_not":
            return packed([fit4(wrapped(~p, 8, signed=signed)) for p in x])
        case "select":
            return each(lambda p, q: q if p < q else p)
        case "equal":
            return each(lambda p, q: q if p == k & 7 else p)
        case "broadcast":
            return packed([x[k]] * N)
        case "rotate":
            return packed(x[N - k :] + x[: N - k])
        case "reverse":
            return packed(x[::-1])
        case "transpose":
            return packed([x[4 * row + column] for column in range(4) for row in range(16)])
        case "filter":
            return packed([x[i] for i in range(N) if i // 2 % 2])
        case "zip":
            zipped = [v for i in range(0, N, 2) for v in (*x[i : i + 2], *y[i : i + 2])]
            return packed(zipped[N:])
        case "reduce_add":
            return packed([wrapped(sum(x), 4)] * N)
        case "reduce_min":
            return packed([min(x)] * N)
        case "upshift":
            return packed([shifted(p, k % 3, 0) for p in x])
        case "downshift":
            return packed([shifted(p, 0, k % 4) for p in x])
        case "logical_downshift":
            return packed([shifted(p % 16, 0, k % 4, as_signed=False) for p in x])
        case "unpack":
            return words(x, "int8")
        case "unpack_sign":
            return words(reread(x, 4, bool(k & 1)), "int8")
        case "unpack_twice":
            return words([fit(p, 16, asked.saturation, signed=signed) for p in x], "int16")
        case "pack":
            return packed([fit4(v) for v in w])
        case "pack_sign":
            return packed([fit4(v, as_signed=bool(k & 1)) for v in reread(w, 8, bool(k & 1))])
        case "mul":
            return words([v * q for v, q in zip(w, y, strict=True)])
        case "mul_element":
            return words([v * y[k] for v in w])
        case "element_mul":
            return words([w[k] * q for q in y])
        case "msc":
            return words([(v << 3) - v * q for v, q in zip(w, y, strict=True)])
        case "from_vector":
            return words([p << 5 for p in x], "int16")
        case "to_vector":
            return packed([fit4(fit(srs(v, k % 6), 8, asked.saturation, signed=signed)) for v in w])
        case "to_vector_sign":
            sign = bool(k & 1)
            return packed([fit4(fit(srs(v, 1), 8, asked.saturation, signed=sign), as_signed=sign) for v in w])
        case "cast" | "iterator" | "native":
            return a
        case "parts":
            return b[16:] + a[:16]
        case "set":
            held = list(x)
            held[k] = y[k]
            return packed([y[0], *held[:-1]])
        case "circle":
            return a[16:] + a[:16]
        case "unaligned":
            return asked.a[k % 32 : k % 32 + 32]
    raise AssertionError(asked.operation)


@pytest.mark.parametrize("signed", [True, False], ids=["int4", "uint4"])
def test_four_bits_agree_with_the_model(signed: bool, emulator1: Emulator) -> None:
    name = "int4" if signed else "uint4"
    cases = {n: text.replace("v64TYPE", f"v64{name}") for n, text in CASES.items()}
    prelude = f"using T = {name};\nusing W = {'int8' if signed else 'uint8'};"
    board = switchboard(emulator1, cases, prelude)
    agree(board, signed)


def agree(board: Switchboard, signed: bool) -> None:
    each_once = [Asked(name, bytes(range(1, 129)), bytes(range(200, 72, -1)), 5, 9, 1) for name in board.names]
    board.check(each_once, [modelled(one, signed) for one in each_once])

    # No shrinking: each try is a run of the emulator, and the message shows what was asked anyway.
    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
    @given(st.lists(asks(board.names, N), min_size=60, max_size=60))
    def every(several: list[Asked]) -> None:
        board.check(several, [modelled(one, signed) for one in several])

    every()


SHAPES = {"npu1": ((4, 16, 8), (8, 16, 8), (4, 32, 8)), "npu2": ((4, 16, 16),)}


@pytest.mark.parametrize("device", SHAPES)
def test_matrices_of_four_bits_agree_with_numpy(device: str, emulator1: Emulator, emulator2: Emulator) -> None:
    cases = {}
    for m, k, n in SHAPES[device]:
        for left in ("int8", "uint8"):
            for right in ("int4", "uint4"):
                cases[f"{m} {k} {n} {left} {right}"] = (
                    f"aie::mmul<{m}, {k}, {n}, {left}, {right}> sum; "
                    f"const auto x = aie::load_v<{m * k}>(({left} *)a); "
                    f"const auto y = aie::load_v<{k * n}>(({right} *)b); "
                    "sum.mul(x, y); sum.mac(x, y); put(sum.template to_vector<int16>());"
                )
    board = switchboard(emulator1 if device == "npu1" else emulator2, cases)
    rng = np.random.default_rng(4)
    asked = [Asked(name, rng.bytes(512), rng.bytes(512)) for name in board.names]
    expected = []
    for one in asked:
        m, k, n = (int(v) for v in one.operation.split()[:3])
        left, right = one.operation.split()[3:]
        x = np.frombuffer(one.a[: m * k], dtype=left).astype(int).reshape(m, k)
        y = np.array(lanes(one.b[: k * n // 2], right == "int4")).reshape(k, n)
        expected.append((2 * x @ y).astype(np.int32).astype(np.int16).tobytes())
    board.check(asked, expected)
