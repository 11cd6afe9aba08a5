"""Kernels with one case for each operation, which is chosen while they run: compiled once, asked as often as one likes.

Each case has bytes for vectors, `a` and `b`, the number `k`, and `put(...)`, which stores a vector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from kernel_gepa.backends.aie.emulator import Assembled, Case, Emulator, Source
from kernel_gepa.domain.npu import TileBuffer
from tests.npu.model import MODES

ROOM = 512  # bytes of each buffer
POISON = 0xA5
KERNEL = """#include <aie_api/aie.hpp>
{prelude}
template <class V> static void put_into(int8_t *out, const V &v) {{ aie::store_v((typename V::value_type *)out, v); }}
void choose(int8_t *a, int8_t *b, int32_t *p, int8_t *out) {{
  aie::set_rounding(aie::rounding_mode(p[0]));
  aie::set_saturation(aie::saturation_mode(p[1]));
  [[maybe_unused]] const int k = p[3];
  const auto put = [&](const auto &v) {{ put_into(out, v); }};
  switch (p[2]) {{
{cases}
  }}
}}
"""
WRAPPER = (
    'extern "C" void choose_wrapper(int8_t *a, int8_t *b, int32_t *p, int8_t *out) '
    "{ event0(); choose(a, b, p, out); event1(); }"
)


@dataclass(frozen=True)
class Asked:
    operation: str
    a: bytes
    b: bytes
    k: int = 0
    rounding: int = 0
    saturation: int = 0


@dataclass(frozen=True)
class Switchboard:
    names: tuple[str, ...]
    assembled: Assembled
    emulator: Emulator

    def answers(self, several: Sequence[Asked]) -> list[bytes]:
        """What each left in its output; what was not written holds POISON."""
        cases = []
        for one in several:
            words = np.array([one.rounding, one.saturation, self.names.index(one.operation), one.k], dtype=np.int32)
            cases.append(Case(one.a.ljust(ROOM, b"\0") + one.b.ljust(ROOM, b"\0") + words.tobytes(), POISON))
        seen = self.emulator.run(self.assembled, cases)
        assert isinstance(seen, tuple), seen
        for asked, shown in zip(several, seen, strict=True):
            assert shown.end == "returned", (asked.operation, shown.reason)
            assert (shown.loads_outside, shown.stores_outside, shown.misaligned) == (0, 0, 0), (asked, shown.notes)
        return [shown.outputs for shown in seen]

    def check(self, several: Sequence[Asked], expected: Sequence[bytes]) -> None:
        """Each equal to the last bit, and nothing behind it."""
        for asked, found, meant in zip(several, self.answers(several), expected, strict=True):
            assert found == meant.ljust(ROOM, bytes([POISON])), asked


def switchboard(emulator: Emulator, cases: Mapping[str, str], prelude: str = "") -> Switchboard:
    lines = [f"    case {n}: {{ {text} }} break;" for n, text in enumerate(cases.values())]
    buffers = (
        TileBuffer("a", "input", "int8", (ROOM,), "int8_t *"),
        TileBuffer("b", "input", "int8", (ROOM,), "int8_t *"),
        TileBuffer("p", "input", "int32", (4,), "int32_t *"),
        TileBuffer("out", "output", "int8", (ROOM,), "int8_t *"),
    )
    kernel = KERNEL.format(prelude=prelude, cases="\n".join(lines))
    built = emulator.build(Source(kernel, "choose_wrapper", WRAPPER, buffers))
    assert isinstance(built, Assembled), built
    return Switchboard(tuple(cases), built, emulator)


def asks(names: Sequence[str], lanes: int) -> st.SearchStrategy[Asked]:
    """Any operation on any bytes, under any registers; `k` is a lane."""
    content = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).bytes(ROOM))
    registers = st.sampled_from(sorted(MODES)), st.sampled_from([0, 1, 3])
    return st.builds(Asked, st.sampled_from(names), content, content, st.integers(0, lanes - 1), *registers)
