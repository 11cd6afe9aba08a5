"""What a run may show that no right answer excuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kernel_gepa.backends.aie.emulator import Seen
from kernel_gepa.domain.npu import CORE_STACK_BYTES, TILE_BYTES, Fault, TileBuffer

# How a run ended, where that alone decides.
ENDS = {
    "stopped": "contract",  # of an operation of the API: an index, a shift, a chunk size
    "outside": "scalar access outside",
    "stack": "stack",
    "arithmetic": "arithmetic",
    "unreachable": "undefined behaviour",
    "invalid_access": "invalid access",
    "system_call": "system call",
    "died": "died",
}


def ended(seen: Seen) -> Fault | None:
    """None for one that returned, or did not end in time."""
    return Fault(ENDS[seen.end], seen.reason) if seen.end in ENDS else None


def faults(seen: Seen, buffers: Sequence[TileBuffer]) -> Iterator[Fault]:
    """Of one run that returned."""
    if seen.events != (1, 1):
        first, last = seen.events
        yield Fault("events", f"the event markers were called {first} and {last} times; only the wrapper may call them")
    told = " · ".join(seen.notes)
    if seen.stores_outside:
        yield Fault("store outside", f"{seen.stores_outside} writes outside the buffers: {told}")
    if seen.loads_outside:
        yield Fault("load outside", f"{seen.loads_outside} reads outside the buffers: {told}")
    if seen.misaligned:
        yield Fault(
            "alignment", f"{seen.misaligned} misaligned vector accesses, which a device cuts to lower addresses: {told}"
        )
    tile = sum(2 * max(4, b.nbytes) for b in buffers if b.role != "scalar") + seen.static_bytes + CORE_STACK_BYTES
    if tile > TILE_BYTES:
        yield Fault(
            "tile memory",
            f"double-buffered inputs and outputs, {seen.static_bytes} bytes of static data and the stack need {tile} "
            f"bytes; a tile has {TILE_BYTES}",
        )


def unsettled(first: Seen, second: Seen, poisons: tuple[int, int], output: TileBuffer) -> Iterator[Fault]:
    """Of two runs that differ only in what undefined memory held."""
    a, b = (
        np.frombuffer(s.outputs, dtype=np.uint8).reshape(-1, output.nbytes // output.elements) for s in (first, second)
    )
    unwritten = (a == poisons[0]).all(axis=1) & (b == poisons[1]).all(axis=1)
    if unwritten.any():
        at = int(np.flatnonzero(unwritten)[0])
        yield Fault(
            "unwritten",
            f"{int(unwritten.sum())} of {len(a)} elements of {output.name} were not written, the first is [{at}]",
        )
    undefined = (a != b).any(axis=1) & ~unwritten
    if undefined.any():
        at = int(np.flatnonzero(undefined)[0])
        yield Fault(
            "undefined",
            f"{int(undefined.sum())} of {len(a)} elements of {output.name} depend on undefined values (an accumulator "
            f"or a vector that was never set, lanes behind a shuffle, memory outside), the first is [{at}]",
        )
