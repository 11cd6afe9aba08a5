"""Packing and unpacking between all integers, signed or not, or as it is said while the kernel runs."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kernel_gepa.backends.aie.emulator import Emulator
from tests.npu.model import fit, wrapped
from tests.npu.switchboard import Asked, asks, switchboard

N = 16
BITS = {"int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "int32": 32, "uint32": 32}
PAIRS = [(a, b) for a in BITS for b in BITS if BITS[a] != BITS[b]]


def signed(dtype: str) -> bool:
    return dtype[0] != "u"


def cases() -> dict[str, str]:
    found = {}
    for a, b in PAIRS:
        verb = "unpack" if BITS[a] < BITS[b] else "pack"
        load = f"const auto x = aie::load_v<{N}>(({a} *)a);"
        found[f"{a} {b}"] = f"{load} put(x.template {verb}<{b}>());"
        found[f"{a} {b} told"] = f"{load} put(x.template {verb}_sign<{b}>(k & 1));"
    return found


def modelled(asked: Asked) -> bytes:
    """To 8 and 16 bits there are instructions for twice and half as wide, from 16 to 32 an upper half is put beside;
    everything else goes through an accumulator."""
    a, b, *told = asked.operation.split()
    sign = bool(asked.k & 1) if told else signed(a)
    values = [int(v) for v in np.frombuffer(asked.a, a)[:N]]
    read = [wrapped(v, BITS[a], signed=sign) for v in values]
    if BITS[b] == 2 * BITS[a] == 32 and not (signed(a) and signed(b)):
        made = [wrapped(v, BITS[a], signed=False) for v in values]
    elif BITS[b] == 2 * BITS[a]:
        made = read
    elif BITS[a] == 2 * BITS[b] == 16 or told:
        made = [fit(v, BITS[b], asked.saturation, signed=sign) for v in read]
    else:
        made = [fit(v, BITS[b], asked.saturation, signed=signed(b)) for v in read]
    return np.array([wrapped(v, BITS[b], signed=signed(b)) for v in made]).astype(b).tobytes()


def test_every_pair_of_integers_agrees_with_the_model(emulator1: Emulator) -> None:
    board = switchboard(emulator1, cases())

    @settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
    @given(st.lists(asks(board.names, N), min_size=60, max_size=60))
    def every(several: list[Asked]) -> None:
        board.check(several, [modelled(one) for one in several])

    content = np.random.default_rng(8).bytes(64)
    each_once = [Asked(name, content, b"", k, 0, k) for k in (0, 1) for name in board.names]
    board.check(each_once, [modelled(one) for one in each_once])
    every()
