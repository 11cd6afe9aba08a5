"""Lookups in random tables against a model written independently: equal to the last bit, whatever the registers say."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kernel_gepa.backends.aie.emulator import Assembled, Case, Emulator, Source
from kernel_gepa.backends.aie.toolchain import Toolchain
from kernel_gepa.benchmarks.npueval.rows import pack, unpack
from kernel_gepa.domain.npu import TileBuffer
from kernel_gepa.ports import Sandbox
from tests.npu.model import MODES, rounded, wrapped

C_TYPES = {
    "int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t", "uint16": "uint16_t", "int32": "int32_t",
    "bfloat16": "bfloat16", "float32": "float",
}  # fmt: skip
BITS = {"int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "int32": 32}
ROW = 16  # bytes of a memory bank
TABLE_BYTES = 1024
WORDS = 7  # rounding, saturation, elements, step bits, bias, offset's shift, policy


@dataclass(frozen=True)
class Kind:
    """One lookup: the type of the input, of what lies in the table, of the result; a pair is a slope and an offset."""

    key: str
    value: str
    result: str
    lanes: int
    pair: bool = False

    @property
    def source(self) -> Source:
        key, value, result = C_TYPES[self.key], C_TYPES[self.value], C_TYPES[self.result]
        lut = "aie::lut<4, float, bfloat16>" if self.key == "bfloat16" else f"aie::lut<4, {value}>"
        if self.pair:
            body = (
                f"aie::linear_approx<{key}, {lut}> approximation(table, p[3], p[4], p[5]);\n"
                f"  aie::store_v(out, approximation.compute(x).to_vector<{result}>());"
            )
        else:
            arguments = "table, p[3]" if self.key.startswith("u") else "table, p[3], p[4]"
            body = "\n  else ".join(
                f"{condition}aie::store_v(out, aie::parallel_lookup<{key}, {lut}, aie::lut_oor_policy::{policy}>"
                f"({arguments}).fetch(x));"
                for policy, condition in (("truncate", "if (p[6]) "), ("saturate", ""))
            )
        kernel = (
            f"#include <aie_api/aie.hpp>\nvoid look({key} *in, int32_t *p, int8_t *ab, int8_t *cd, {result} *out) {{\n"
            "  aie::set_rounding(aie::rounding_mode(p[0]));\n  aie::set_saturation(aie::saturation_mode(p[1]));\n"
            f"  const {lut} table(p[2], ab, cd);\n  const auto x = aie::load_v<{self.lanes}>(in);\n  {body}\n}}\n"
        )
        wrapper = (
            f'extern "C" void look_wrapper({key} *in, int32_t *p, int8_t *ab, int8_t *cd, {result} *out) '
            "{ event0(); look(in, p, ab, cd, out); event1(); }"
        )
        arguments_ = (
            TileBuffer("in", "input", self.key, (self.lanes,), f"{key} *"),
            TileBuffer("p", "input", "int32", (WORDS,), "int32_t *"),
            TileBuffer("ab", "input", "int8", (TABLE_BYTES,), "int8_t *"),
            TileBuffer("cd", "input", "int8", (TABLE_BYTES,), "int8_t *"),
            TileBuffer("out", "output", self.result, (self.lanes,), f"{result} *"),
        )
        return Source(kernel, "look_wrapper", wrapper, arguments_)

    def stored(self, values: list[list[float]]) -> bytes:
        """Elements as a table has them, before it is repeated."""
        if self.key == "bfloat16":  # the slope is the upper half of a float
            return np.array(values, dtype=np.float32).tobytes()
        wide = {"int8": "int16", "uint8": "uint16"}.get(self.value, self.value)
        return pack(np.array(values), self.value if self.pair else wide)


KINDS = (
    Kind("int8", "int8", "int8", 32),
    Kind("uint8", "int16", "int16", 32),
    Kind("int16", "int32", "int32", 16),
    Kind("uint16", "uint8", "uint8", 16),
    Kind("int16", "bfloat16", "bfloat16", 16),
    Kind("int8", "int8", "int32", 32, pair=True),
    Kind("int16", "int16", "int32", 16, pair=True),
    Kind("int16", "int32", "int32", 16, pair=True),
    Kind("bfloat16", "float32", "float32", 16, pair=True),
)


@dataclass(frozen=True)
class Lookup:
    rounding: int
    saturation: int
    step_bits: int
    bias: int
    shift_offset: int
    truncate: bool
    table: list[list[float]]
    keys: list[float]


def numbers(dtype: str) -> st.SearchStrategy[float]:
    if dtype == "bfloat16":
        return st.integers(-255, 255).flatmap(lambda m: st.integers(-6, 3).map(lambda e: float(m * 2.0**e)))
    if dtype == "float32":
        return st.integers(-(1 << 20), 1 << 20).map(lambda n: n / 256)
    low = 0 if dtype.startswith("u") else -(1 << (BITS[dtype] - 1))
    return st.integers(low, low + (1 << BITS[dtype]) - 1)


@st.composite
def lookups(draw: st.DrawFn, kind: Kind) -> Lookup:
    elements = 1 << draw(st.integers(3, 5))
    size = draw(st.integers(2 if kind.value == "int8" else 3 if kind.value == "int16" else 4, 9)) if kind.pair else None
    if kind.key == "bfloat16":
        size = draw(st.integers(0, 5))
    # Values of eight bits lie there as sixteen, so that they may be too large.
    content = numbers("int16" if kind.value == "int8" and not kind.pair else kind.value)
    row = (
        st.tuples(numbers("bfloat16") if kind.key == "bfloat16" else content, content).map(list)
        if kind.pair
        else content.map(lambda v: [v])
    )
    biases = (
        st.integers(-elements, elements)
        if kind.pair and kind.key != "bfloat16"
        else st.sampled_from([0, elements // 2])
    )
    return Lookup(
        draw(st.sampled_from(sorted(MODES))),
        draw(st.sampled_from([0, 1, 3])),
        size if size is not None else draw(st.integers(0, 9)),
        0 if kind.key.startswith("u") else draw(biases),
        draw(st.integers(0, 12)) if kind.pair and kind.key != "bfloat16" else 0,
        draw(st.booleans()),
        draw(st.lists(row, min_size=elements, max_size=elements)),
        draw(st.lists(numbers(kind.key), min_size=kind.lanes, max_size=kind.lanes)),
    )


def fit(value: int, dtype: str, saturation: int) -> int:
    signed, bits = not dtype.startswith("u"), BITS[dtype]
    if saturation == 0:
        return wrapped(value, bits, signed=signed)
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return max(-high if saturation == 3 and signed else low, min(high, value))


def fetched(kind: Kind, asked: Lookup, key: float) -> float:
    """Of the index the device keeps some bits below the point, and rounds what is below those."""
    below = 3 if kind.value == "int32" else 2
    scaled = rounded(Fraction(int(key)) * Fraction(2) ** (below - asked.step_bits), asked.rounding)
    element = scaled // (1 << below) + asked.bias
    last = len(asked.table) - 1
    element = element % (last + 1) if asked.truncate else max(0, min(last, element))
    (value,) = asked.table[element]
    return fit(int(value), kind.value, asked.saturation) if BITS.get(kind.value) == 8 else value


def approximated(kind: Kind, asked: Lookup, key: float) -> float:
    last = len(asked.table) - 1
    element = int(key // (1 << asked.step_bits)) + asked.bias
    if kind.key == "bfloat16":
        slope, offset = asked.table[max(0, min(last, element))]
        return float(np.float32(offset) + np.float32(slope) * np.float32(key))
    if element < 0 and asked.saturation == 0:  # read as unsigned it is a large one
        element = last
    slope, offset = (int(v) for v in asked.table[max(0, min(last, element))])
    sum_ = (offset << asked.shift_offset) + slope * (int(key) % (1 << asked.step_bits))
    return fit(wrapped(sum_, 32 if kind.key == "int8" else 64), "int32", asked.saturation)


def repeated(table: bytes) -> bytes:
    rows = [table[at : at + ROW] for at in range(0, len(table), ROW)]
    return b"".join(row + row for row in rows).ljust(TABLE_BYTES, b"\x55")


@pytest.fixture(scope="module")
def emulator(toolchain: Toolchain, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    folder: Path = tmp_path_factory.mktemp("emulator")
    folder.chmod(0o755)
    return Emulator(toolchain, "npu1", sandbox, folder)


@pytest.mark.parametrize(
    "kind", KINDS, ids=lambda k: f"{'pieces' if k.pair else 'lookup'}-{k.key}-{k.value}-{k.result}"
)
def test_a_lookup_agrees_with_the_model(kind: Kind, emulator: Emulator) -> None:
    built = emulator.build(kind.source)
    assert isinstance(built, Assembled), built

    def case(asked: Lookup) -> Case:
        table = repeated(kind.stored(asked.table))
        words = [asked.rounding, asked.saturation, len(asked.table), asked.step_bits, asked.bias, asked.shift_offset]
        given_ = pack(np.array(asked.keys), kind.key) + pack(np.array([*words, int(asked.truncate)]), "int32")
        return Case(given_ + table + table, 0xA5)

    # No shrinking: each try is a run of the emulator, and the message shows the keys anyway.
    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
    @given(st.lists(lookups(kind), min_size=8, max_size=8))
    def agree(several: list[Lookup]) -> None:
        seen = emulator.run(built, [case(asked) for asked in several])
        assert isinstance(seen, tuple), seen
        for asked, one in zip(several, seen, strict=True):
            assert one.end == "returned", one.reason
            assert (one.loads_outside, one.misaligned) == (0, 0), one.notes
            found = unpack(one.outputs, kind.result, (kind.lanes,))
            meant = approximated if kind.pair else fetched
            np.testing.assert_array_equal(
                found, np.array([meant(kind, asked, k) for k in asked.keys], dtype=found.dtype)
            )

    agree()


@pytest.mark.parametrize(("which", "lanes"), [("ab", (0, 1)), ("cd", (2, 3))])
def test_each_copy_of_a_table_is_read(which: str, lanes: tuple[int, ...], emulator: Emulator) -> None:
    """Four accesses at a time read four copies: a table that is right in three of them is a wrong one."""
    kind = KINDS[1]
    built = emulator.build(kind.source)
    assert isinstance(built, Assembled), built
    right = repeated(kind.stored([[n] for n in range(8)]))
    keys = pack(np.arange(kind.lanes) % 8, kind.key)
    words = pack(np.array([0, 0, 8, 0, 0, 0, 0]), "int32")
    for copy, lane in enumerate(lanes):
        spoilt = bytearray(right)
        spoilt[copy * ROW : (copy + 1) * ROW] = bytes(ROW)
        tables = bytes(spoilt) + right if which == "ab" else right + bytes(spoilt)
        seen = emulator.run(built, [Case(keys + words + tables, 0xA5)])
        assert isinstance(seen, tuple), seen
        found = unpack(seen[0].outputs, kind.result, (kind.lanes,)).astype(int).tolist()
        expected = [0 if i % 4 == lane else i % 8 for i in range(kind.lanes)]
        assert found == expected
