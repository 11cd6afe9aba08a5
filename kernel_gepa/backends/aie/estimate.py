"""From what a run showed to an estimate of cycles on a device, and to the reasons why it is not faster.

cycles = start-up + the schedule of vector operations + weighed scalar instructions

Kernels with vector operations pay only for the scalar work that cannot hide beside them. The weights were fitted to
published cycle counts of real hardware: benchmarks/aie_calibration.py says which, and how well the others are met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel_gepa.backends.aie.emulator import Seen
from kernel_gepa.domain.npu import CycleEstimate

SLOTS = ("load", "store", "vector (multiply)", "move (vector add, compare, shuffle)")
ROOM = (2, 1, 1, 1)  # instructions per cycle
VECTOR, MOVE = 2, 3

# What hides in other slots of a vector loop: addresses, loop control, and loads that feed them.
HIDDEN = frozenset({"load", "store32", "branch", "alu"})
FLOATS = ("float_add", "float_multiply", "float_divide", "float_convert", "library")


def _fitted() -> dict[str, float]:
    return {
        "load": 4.32,
        "store8": 2.44,  # an 8 or 16 bit store reads, changes and writes a word
        "store16": 2.44,
        "store32": 2.68,
        "branch": 1.44,
        "alu": 0.26,
        "multiply": 2.71,
        # Nothing is published on these: they are library calls, and the figures are guesses.
        "divide": 60.0,
        "float_compare": 1.0,
        "float_add": 45.0,
        "float_multiply": 40.0,
        "float_divide": 150.0,
        "float_convert": 20.0,
        "library": 300.0,
    }


@dataclass(frozen=True, slots=True)
class Weights:
    """Cycles of one scalar instruction by class, and of a call."""

    scalar: Mapping[str, float] = field(default_factory=_fitted)
    start: float = 12.0


WEIGHTS = Weights()


def estimate(seen: Seen, weights: Weights = WEIGHTS) -> CycleEstimate:
    vectors = seen.slots[VECTOR] + seen.slots[MOVE]
    paid = {c: n for c, n in seen.scalar.items() if not (vectors and c in HIDDEN)}
    scalar = sum(weights.scalar[c] * n for c, n in paid.items())
    cycles = weights.start + seen.cycles + scalar
    busy = {name: n / room for name, n, room in zip(SLOTS, seen.slots, ROOM, strict=True)}
    busiest = max(busy, key=lambda name: busy[name])
    return CycleEstimate(
        cycles=cycles,
        vector_utilisation=seen.vector_cycles / cycles,
        busiest_slot=busiest if busy[busiest] > scalar else "scalar",
        scalar_cycles=scalar,
        slots=dict(zip(("load", "store", "vector", "move"), seen.slots, strict=True)),
        reasons=reasons(seen, paid),
    )


def reasons(seen: Seen, paid: Mapping[str, int]) -> tuple[str, ...]:
    """Why it is not faster, the most telling first."""
    found = []
    vectors = seen.slots[VECTOR] + seen.slots[MOVE]
    if not vectors:
        found.append("it has no vector operation: every element goes through the scalar unit, one after the other")
    floats = sum(paid.get(c, 0) for c in FLOATS)
    if floats:
        found.append(f"{floats} scalar float operations: the tile has no scalar float unit, each is a library call")
    if paid.get("divide"):
        found.append(f"{paid['divide']} integer divisions: each is a library call of some 60 cycles (a guess)")
    small = paid.get("store8", 0) + paid.get("store16", 0)
    if small:
        found.append(f"{small} stores of 8 or 16 bits: each reads, changes and writes a word, and keeps memory busy")
    if vectors and seen.waited:
        found.append(
            f"{seen.waited} vector loads wait for an earlier store that could be to the same place: declare the "
            "pointers __restrict, or use aie::begin_restrict_vector"
        )
    if vectors and seen.extracted:
        found.append(f"{seen.extracted} values left the vector unit for the scalar one: what follows waits for them")
    if seen.slots[VECTOR] + seen.slots[MOVE] and seen.vector_cycles * 4 < seen.cycles:
        found.append(
            "the vector slots are idle most of the time: unroll by two to four, with accumulators of their own, so "
            "that latencies overlap"
        )
    return tuple(found)
