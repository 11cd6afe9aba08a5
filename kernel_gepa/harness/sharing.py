"""Whether what a Python kernel returns is memory of its own, as far as what the reference returns is.

One thing is written at a time, and everything else has to stay as it is: no kernel is asked where its memory lies.
What the reference does itself is only found out when a kernel does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kernel_gepa.domain.task import Workload
from kernel_gepa.domain.verdict import Mismatch
from kernel_gepa.harness.compare import same
from kernel_gepa.harness.inputs import Bytes

if TYPE_CHECKING:
    from kernel_gepa.harness.station import Station

Pair = frozenset[int]  # of outputs, by number

RETURNS_INPUT = (
    "returns memory of its input: what it returned changes when the input is written again (the reference returns "
    "memory of its own)"
)
RETURNS_TWICE = "{} and {} are the same memory: writing to the one changes the other (the reference's are apart)"
RETURNS_ITS_OWN = (
    "returns memory that it computes with, as a parameter: later answers are wrong once what it returned is written "
    "(the reference returns memory of its own)"
)


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the outputs of the reference share. `lasting`: they are memory that its next launch reads."""

    with_inputs: frozenset[int]
    with_another: frozenset[Pair]
    lasting: bool


def follow_inputs(station: Station, slot: int, inputs: Bytes, kept: Bytes) -> frozenset[int]:
    """Writes other bytes where a launch had its inputs: the outputs that are not what was `kept` of them any more."""
    places = station.arena.inputs(slot)
    for values in places:
        np.invert(values.view(np.uint8), out=values.view(np.uint8))
    now = station.outputs(slot)
    for values, was in zip(places, inputs, strict=True):
        np.copyto(values, was)
    if isinstance(now, str):
        return frozenset(range(len(kept)))
    return frozenset(n for n, (one, other) in enumerate(zip(kept, now, strict=True)) if not same([one], [other]))


@contextmanager
def written_over(station: Station, slot: int) -> Iterator[frozenset[Pair]]:
    """While all outputs of a launch hold other bytes; and which of them changed when another one was written."""
    count = len(station.workload.outputs)

    def look() -> Bytes:
        found = station.outputs(slot)
        return [] if isinstance(found, str) or count == 1 else [values.copy() for values in found]

    yield together(count, lambda n: station.overwrite(slot, n), look, lambda a, b: same([a], [b]))
    station.restore()


def together(
    count: int, write: Callable[[int], object], look: Callable[[], list[Any]], equal: Callable[[Any, Any], bool]
) -> frozenset[Pair]:
    """Writes one output after the other and looks at all of them in between."""
    seen = [look()]
    for number in range(count):
        write(number)
        seen.append(look())
    return frozenset(
        frozenset((written, other))
        for written, (before, after) in enumerate(pairwise(seen))
        for other, (one, two) in enumerate(zip(before, after, strict=False))
        if other != written and not equal(one, two)
    )


def shared_twice(pairs: frozenset[Pair], workload: Workload) -> Mismatch:
    names = [output.name for output in workload.outputs]
    one, other = min(sorted(pair) for pair in pairs)
    return Mismatch(workload.name, RETURNS_TWICE.format(names[one], names[other]))
