"""Complex vectors against a model written independently: pairs of Python integers, each rounded by itself."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kernel_gepa.backends.aie.emulator import Emulator
from tests.npu.model import fit, rounded, wrapped
from tests.npu.switchboard import Asked, Switchboard, asks, switchboard

N = 8
Pair = tuple[int, int]
LOAD = "const auto x = aie::load_v<8>((T *)a), y = aie::load_v<8>((T *)b);"
REAL = "const auto x = aie::load_v<8>((T *)a); const auto y = aie::load_v<8>((R *)b);"
OUT = ".template to_vector<cint32>(k)"
START = "aie::accum<cacc64, 8>(x, 3)"
CASES = {
    "add": f"{LOAD} put(aie::add(x, y));",
    "sub": f"{LOAD} put(aie::sub(x, y[k]));",
    "neg": f"{LOAD} put(aie::neg(x));",
    "conj": f"{LOAD} put(aie::conj(x));",
    "real": f"{LOAD} put(aie::real(x));",
    "imag": f"{LOAD} put(aie::imag(x));",
    "saturating_add": f"{LOAD} put(aie::saturating_add(x, y));",
    "select": f"{LOAD} put(aie::select(x, y, aie::eq(x, x[k])));",
    "broadcast": f"{LOAD} put(aie::broadcast<T, 8>(aie::conj(x[k])));",
    "rotate": f"{LOAD} put(aie::shuffle_down_rotate(x, k));",
    "reverse": f"{LOAD} put(aie::reverse(x));",
    "zip": f"{LOAD} put(aie::interleave_zip(x, y, 1).first);",
    "downshift": f"{LOAD} put(aie::downshift(x, k));",
    "upshift": f"{LOAD} put(aie::upshift(x, k));",
    "reduce_add": f"{LOAD} put(aie::broadcast<T, 8>(aie::reduce_add(x)));",
    "parts": f"{LOAD} put(aie::concat(y.template extract<4>(1), x.template extract<4>(0)));",
    "set": f"{LOAD} auto z = x; z[k] = T(aie::real(y[k]), 7); put(z);",
    "mul": f"{LOAD} put(aie::mul(x, y){OUT});",
    "negmul": f"{LOAD} put(aie::negmul(x, y){OUT});",
    "mul_element": f"{LOAD} put(aie::mul(x, y[k]){OUT});",
    "mac": f"{LOAD} put(aie::mac({START}, x, y){OUT});",
    "msc": f"{LOAD} put(aie::msc({START}, x, y){OUT});",
    "mul_conj1": f"{LOAD} put(aie::mul(aie::op_conj(x), y){OUT});",
    "mul_conj2": f"{LOAD} put(aie::mul(x, aie::op_conj(y)){OUT});",
    "mul_conj12": f"{LOAD} put(aie::mul(aie::op_conj(x), aie::op_conj(y)){OUT});",
    "mac_conj1": f"{LOAD} put(aie::mac({START}, aie::op_conj(x), y){OUT});",
    "msc_conj2": f"{LOAD} put(aie::msc({START}, x, aie::op_conj(y[k])){OUT});",
    "mul_real": f"{REAL} put(aie::mul(x, y){OUT});",
    "real_mul": f"{REAL} put(aie::mul(y, x){OUT});",
    "mul_real_conj": f"{REAL} put(aie::mul(aie::op_conj(x), y[k]){OUT});",
    "add_accum": f"{LOAD} put(aie::add({START}, y){OUT});",
    "neg_accum": f"{LOAD} put(aie::neg({START}){OUT});",
    "to_vector": f"{LOAD} put({START}.template to_vector<cint16>(k));",
    "cast_accum": f"{LOAD} put({START}.template cast_to<acc64>().template to_vector<int32>(k));",
}
SHORT = {
    "unpack": f"{LOAD} put(x.unpack());",
    "sliding": f"{LOAD} put(aie::sliding_mul<4, 4>(x, k & 3, aie::concat(x, y), k){OUT});",
}
WIDE = {"pack": f"{LOAD} put(x.pack());"}


def pairs(content: bytes, dtype: str) -> list[Pair]:
    values = np.frombuffer(content, dtype=dtype)[: 2 * N].astype(int).tolist()
    return list(zip(values[::2], values[1::2], strict=True))


def stored(values: Sequence[tuple[int, ...]], dtype: str) -> bytes:
    return np.array(values).astype(dtype).tobytes()


def times(p: Pair, q: Pair) -> Pair:
    return p[0] * q[0] - p[1] * q[1], p[0] * q[1] + p[1] * q[0]


def plus(p: Pair, q: Pair) -> Pair:
    return p[0] + q[0], p[1] + q[1]


def turned(p: Pair) -> Pair:
    """The conjugate."""
    return p[0], -p[1]


def modelled(asked: Asked, part: str) -> bytes:
    bits = 16 if part == "int16" else 32
    x, y, k = pairs(asked.a, part), pairs(asked.b, part), asked.k
    r = [int(v) for v in np.frombuffer(asked.b, dtype=part)[:N]]
    started = [(p[0] << 3, p[1] << 3) for p in x]

    def same(values: list[Pair]) -> bytes:
        return stored([(wrapped(p, bits), wrapped(q, bits)) for p, q in values], part)

    def narrowed(values: list[Pair], width: int = 32, shift: int = k) -> bytes:
        def one(v: int) -> int:
            return fit(rounded(Fraction(wrapped(v, 64), 1 << shift), asked.rounding), width, asked.saturation)

        return stored([(one(p), one(q)) for p, q in values], f"int{width}")

    both = list(zip(x, y, strict=True))
    match asked.operation:
        case "add":
            return same([plus(p, q) for p, q in both])
        case "sub":
            return same([plus(p, (-y[k][0], -y[k][1])) for p in x])
        case "neg":
            return same([(-p, -q) for p, q in x])
        case "conj":
            return same([turned(p) for p in x])
        case "real":
            return np.array([p for p, _ in x]).astype(part).tobytes()
        case "imag":
            return np.array([q for _, q in x]).astype(part).tobytes()
        case "saturating_add":
            sums = [plus(p, q) for p, q in both]
            return stored([tuple(fit(v, bits, asked.saturation) for v in pair) for pair in sums], part)
        case "select":
            return same([q if p == x[k] else p for p, q in both])
        case "broadcast":
            return same([turned(x[k])] * N)
        case "rotate":
            return same(x[k:] + x[:k])
        case "reverse":
            return same(x[::-1])
        case "zip":
            return same([v for p, q in both for v in (p, q)][:N])
        case "downshift":
            return narrowed(x, bits)
        case "upshift":
            width = 32 if bits == 16 else 64
            return narrowed([(wrapped(p << k, width), wrapped(q << k, width)) for p, q in x], bits, 0)
        case "reduce_add":
            return same([(sum(p for p, _ in x), sum(q for _, q in x))] * N)
        case "parts":
            return same(y[4:] + x[:4])
        case "set":
            return same([(y[k][0], 7) if i == k else p for i, p in enumerate(x)])
        case "mul":
            return narrowed([times(p, q) for p, q in both])
        case "negmul":
            return narrowed([times((-p[0], -p[1]), q) for p, q in both])
        case "mul_element":
            return narrowed([times(p, y[k]) for p in x])
        case "mac":
            return narrowed([plus(s, times(p, q)) for s, (p, q) in zip(started, both, strict=True)])
        case "msc":
            return narrowed([plus(s, times((-p[0], -p[1]), q)) for s, (p, q) in zip(started, both, strict=True)])
        case "mul_conj1":
            return narrowed([times(turned(p), q) for p, q in both])
        case "mul_conj2":
            return narrowed([times(p, turned(q)) for p, q in both])
        case "mul_conj12":
            return narrowed([times(turned(p), turned(q)) for p, q in both])
        case "mac_conj1":
            return narrowed([plus(s, times(turned(p), q)) for s, (p, q) in zip(started, both, strict=True)])
        case "msc_conj2":
            taken = turned(y[k])
            return narrowed([plus(s, times((-p[0], -p[1]), taken)) for s, p in zip(started, x, strict=True)])
        case "mul_real" | "real_mul":
            return narrowed([(p[0] * v, p[1] * v) for p, v in zip(x, r, strict=True)])
        case "mul_real_conj":
            return narrowed([(p[0] * r[k], -p[1] * r[k]) for p in x])
        case "add_accum":
            return narrowed([plus(s, q) for s, q in zip(started, y, strict=True)])
        case "neg_accum":
            return narrowed([(-p, -q) for p, q in started])
        case "to_vector":
            return narrowed(started, 16)
        case "cast_accum":
            return narrowed(started)
        case "unpack":
            return stored(x, "int32")
        case "sliding":
            line = x + y
            total = [(0, 0)] * 4
            for point in range(4):
                c = x[(k % 4 + point) % N]
                total = [plus(s, times(c, line[(k + lane + point) % 16])) for lane, s in enumerate(total)]
            return narrowed(total)
        case "pack":
            return narrowed(x, 16, 0)
    raise AssertionError(asked.operation)


@pytest.mark.parametrize(("element", "device"), [("cint16", 1), ("cint32", 2)])
def test_complex_integers_agree_with_the_model(
    element: str, device: int, emulator1: Emulator, emulator2: Emulator
) -> None:
    part = element[1:]
    cases = CASES | (SHORT if part == "int16" else WIDE)
    board = switchboard(emulator1 if device == 1 else emulator2, cases, f"using T = {element};\nusing R = {part};")
    extremes = np.array([-(1 << (int(part[3:]) - 1)), (1 << (int(part[3:]) - 1)) - 1] * 16).astype(part).tobytes()
    each_once = [Asked(name, extremes, extremes[::-1], 3, 9, 1) for name in board.names]
    board.check(each_once, [modelled(one, part) for one in each_once])
    agree(board, part)


def agree(board: Switchboard, part: str) -> None:
    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
    @given(st.lists(asks(board.names, N), min_size=60, max_size=60))
    def every(several: list[Asked]) -> None:
        board.check(several, [modelled(one, part) for one in several])

    every()


FLOATS = {
    "add": "put(aie::add(x, y));",
    "neg": "put(aie::neg(x));",
    "conj": "put(aie::conj(x));",
    "imag": "put(aie::imag(x));",
    "mul": "put(aie::mul(x, y).to_vector());",
    "mul_conj": "put(aie::mul(aie::op_conj(x), y).to_vector());",
    "mul_real": "put(aie::mul(x, aie::real(y)).to_vector<cfloat>());",
    "mac": "put(aie::mac(aie::accum<caccfloat, 4>(x), x, y).to_vector());",
    "to_float": "put(aie::to_float(aie::load_v<4>((cint16 *)a), 3));",
}


def test_complex_floats_of_the_first_generation_agree_with_float32(emulator1: Emulator) -> None:
    load = "const auto x = aie::load_v<4>((cfloat *)a), y = aie::load_v<4>((cfloat *)b);"
    board = switchboard(emulator1, {name: f"{load} {text}" for name, text in FLOATS.items()})
    rng = np.random.default_rng(3)
    x, y = (rng.standard_normal((4, 2)).astype(np.float32) for _ in range(2))

    def product(p: np.ndarray, q: np.ndarray) -> np.ndarray:  # each product and each sum rounded to float32
        return np.stack(
            [p[:, 0] * q[:, 0] - p[:, 1] * q[:, 1], np.float32(0) + p[:, 0] * q[:, 1] + p[:, 1] * q[:, 0]], 1
        )

    turned_x = x * np.array([1, -1], np.float32)
    expected = {
        "add": x + y,
        "neg": -x,
        "conj": turned_x,
        "imag": x[:, 1],
        "mul": product(x, y),
        "mul_conj": product(turned_x, y),
        "mul_real": x * y[:, :1],
        "mac": x + product(x, y),
        "to_float": x.view(np.int16)[:2].reshape(4, 2) / 8,  # whatever the bits are
    }
    assert set(expected) == set(board.names)
    asked = [Asked(name, x.tobytes(), y.tobytes()) for name in board.names]
    board.check(asked, [np.ascontiguousarray(expected[name], dtype=np.float32).tobytes() for name in board.names])


SHAPES = {
    "npu1": {
        ("cint16", "int16"): ((2, 4, 8), (4, 4, 4)),
        ("cint16", "cint16"): ((1, 4, 8), (2, 4, 8)),
        ("cint32", "cint16"): ((1, 2, 4), (1, 2, 8), (2, 2, 8), (1, 4, 8), (2, 4, 8)),
        ("cint32", "cint32"): ((1, 2, 8),),
    },
    "npu2": {
        ("cint16", "uint16"): ((4, 4, 8), (2, 4, 8)),
        ("cint16", "cint16"): ((1, 4, 8), (2, 2, 16)),
        ("cint32", "cint16"): ((1, 2, 4), (1, 2, 8), (1, 2, 16)),
        ("cint32", "cint32"): ((1, 2, 8),),
    },
}


def numbers(content: bytes, element: str, count: int) -> np.ndarray:
    """Small ones, of which products are exact in floating point."""
    values = np.frombuffer(content, dtype=element.removeprefix("c"))
    if element[0] != "c":
        return values[:count].astype(complex)
    return values[0 : 2 * count : 2] + 1j * values[1 : 2 * count : 2]


@pytest.mark.parametrize("device", SHAPES)
def test_complex_matrices_agree_with_numpy(device: str, emulator1: Emulator, emulator2: Emulator) -> None:
    cases, plan = {}, []
    for (left, right), shapes in SHAPES[device].items():
        for m, k, n in shapes:
            cases[f"{left} {right} {m} {k} {n}"] = (
                f"aie::mmul<{m}, {k}, {n}, {left}, {right}> sum; "
                f"const auto x = aie::load_v<{m * k}>(({left} *)a); const auto y = aie::load_v<{k * n}>(({right} *)b); "
                "sum.mac(x, y); sum.mac(x, y); put(sum.template to_vector<cint32>());"
            )
            plan.append((left, right, m, k, n))
    board = switchboard(emulator1 if device == "npu1" else emulator2, cases)
    rng = np.random.default_rng(5)
    asked, expected = [], []
    for name, (left, right, m, k, n) in zip(board.names, plan, strict=True):
        low = 0 if right[0] == "u" else -99
        a = rng.integers(-99, 99, 2 * m * k).astype(left.removeprefix("c")).tobytes()
        b = rng.integers(low, 99, 2 * k * n).astype(right.removeprefix("c")).tobytes()
        asked.append(Asked(name, a, b))
        product = 2 * numbers(a, left, m * k).reshape(m, k) @ numbers(b, right, k * n).reshape(k, n)
        expected.append(np.stack([product.real, product.imag], -1).astype(np.int32).tobytes())
    board.check(asked, expected)
