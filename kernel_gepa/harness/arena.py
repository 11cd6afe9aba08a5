"""The bytes that driver and worker share: slots, each with the inputs and outputs of one launch, between guards."""

from __future__ import annotations

import fcntl
import mmap
import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.task import ELEMENT_BYTES, TensorSpec, Workload
from kernel_gepa.harness.worker import populate

LINE_BYTES = 64
PAGE_LINES = 64
GUARD_BYTES = 2 * LINE_BYTES  # around every tensor; a write past an end lands here and is seen
POISON = 0xFF  # reads as NaN in every floating-point type, as -1 in the signed integers
WORD = np.uint64(int.from_bytes(bytes([POISON] * 8)))

# NumPy has no bfloat16: its bytes are carried as uint16.
STORAGE = {"bfloat16": "uint16", "bool": "uint8"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tensors of one parameter lie: one per slot, `stride` bytes apart, in a region of their own."""

    spec: TensorSpec
    index: int
    stride: int


@dataclass(frozen=True, slots=True)
class Layout:
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        return (*self.inputs, *self.outputs)

    @property
    def slot_bytes(self) -> int:
        return sum(place.stride for place in self.places)


def layout(inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> Layout:
    """64-byte aligned, and no two tensors at the same distance in every slot.

    How two tensors lie to each other modulo a page decides whether loads wait for unrelated stores: one kernel, once
    placed, took 5.6 or 4.9 times less than another. So strides differ modulo a page, and the launches of a batch see
    all placements.
    """
    places = []
    for index, spec in enumerate((*inputs, *outputs)):
        lines = -(-spec.nbytes // LINE_BYTES) + GUARD_BYTES // LINE_BYTES
        # Remainders 1, 2, 4, 7, 11, … of a page's 64 lines: all their differences differ.
        lines += (1 + index * (index + 1) // 2 - lines) % PAGE_LINES
        places.append(Place(spec, index, lines * LINE_BYTES))
    return Layout(tuple(places[: len(inputs)]), tuple(places[len(inputs) :]))


def of_workload(workload: Workload) -> Layout:
    return layout(tuple(i for i in workload.inputs if isinstance(i, TensorSpec)), workload.outputs)


@dataclass(frozen=True, slots=True)
class Region:
    """All tensors of one parameter: a row per slot, the tensor first and its guard behind it."""

    start: int
    rows: NDArray[np.uint8]
    guard: NDArray[np.uint8]


class Arena:
    """The driver's view. Raw storage types only: what a byte means is decided where outputs are compared."""

    def __init__(self, shape: Layout, slots: int) -> None:
        self.layout, self.slots = shape, slots
        size = GUARD_BYTES + shape.slot_bytes * slots
        self.file = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.posix_fallocate(self.file, 0, size)  # a lack of memory is found here, not as a SIGBUS later
        # A worker that made it shorter would take the driver with it.
        fcntl.fcntl(self.file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        self._map = mmap.mmap(self.file, size)
        populate(self._map)
        self.bytes: NDArray[np.uint8] = np.frombuffer(self._map, dtype=np.uint8)
        # Random, and the same in every slot: of one byte for all, a kernel that reads x[n] may write the same to y[n].
        self._head = np.frombuffer(os.urandom(GUARD_BYTES), dtype=np.uint8)
        self.bytes[:GUARD_BYTES] = self._head
        self._regions: list[Region] = []
        at = GUARD_BYTES
        for place in shape.places:
            rows = self.bytes[at : at + place.stride * slots].reshape(slots, place.stride)
            guard = np.frombuffer(os.urandom(place.stride - place.spec.nbytes), dtype=np.uint8)
            rows[:, place.spec.nbytes :] = guard
            self._regions.append(Region(at, rows, guard))
            at += place.stride * slots

    def offset(self, slot: int, place: Place) -> int:
        """Bytes from the start of the arena to a tensor."""
        return self._regions[place.index].start + slot * place.stride

    def tensor(self, slot: int, place: Place) -> NDArray[np.generic]:
        """A flat view of one tensor in its storage type."""
        row: NDArray[np.generic] = self.rows(place)[slot]
        return row

    def rows(self, place: Place) -> NDArray[np.generic]:
        """One tensor in all slots: a row each, in its storage type."""
        raw = self._regions[place.index].rows[:, : place.spec.nbytes]
        return raw.view(STORAGE.get(place.spec.dtype, place.spec.dtype))

    def inputs(self, slot: int) -> list[NDArray[np.generic]]:
        return [self.tensor(slot, place) for place in self.layout.inputs]

    def outputs(self, slot: int) -> list[NDArray[np.generic]]:
        return [self.tensor(slot, place) for place in self.layout.outputs]

    def poison(self, first: int, count: int) -> None:
        for place in self.layout.outputs:
            self._regions[place.index].rows[first : first + count, : place.spec.nbytes] = POISON

    def overrun(self, slot: int) -> str | None:
        """The tensor past whose end, or before whose start, something was written."""
        for place in self.layout.places:
            region = self._regions[place.index]
            if (region.rows[slot, place.spec.nbytes : -LINE_BYTES] != region.guard[:-LINE_BYTES]).any():
                return f"past the end of {place.spec.name}"
            if (self._before(slot, place) != self._line_before(slot, place)).any():
                return f"before the start of {place.spec.name}"
        return None

    def _before(self, slot: int, place: Place) -> NDArray[np.uint8]:
        """The cache line in front of a tensor, which closes the guard of the one before."""
        start = self.offset(slot, place)
        return self.bytes[start - LINE_BYTES : start]

    def _line_before(self, slot: int, place: Place) -> NDArray[np.uint8]:
        if slot == 0 and place.index == 0:
            return self._head[-LINE_BYTES:]
        return self._regions[place.index if slot else place.index - 1].guard[-LINE_BYTES:]

    def poisoned(self, slot: int) -> bool:
        """Whether no output of this slot was written since it was poisoned."""
        return all(_all_poison(self._regions[p.index].rows[slot, : p.spec.nbytes]) for p in self.layout.outputs)

    def unwritten(self, first: int, count: int, at: float) -> int | None:
        """A slot of which one element, at that share of every output, still is as `poison` left it."""
        found = np.ones(count, dtype=bool)
        for place in self.layout.outputs:
            if not place.spec.elements:
                continue
            size = ELEMENT_BYTES[place.spec.dtype]
            start = int(at * place.spec.elements) * size
            rows = self._regions[place.index].rows[first : first + count, start : start + size]
            found &= (rows == POISON).all(axis=1)
        return first + int(np.argmax(found)) if found.any() else None

    def close(self) -> None:
        """The memory is the system's again when the last view of it is gone, here and in the worker."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def _all_poison(raw: NDArray[np.uint8]) -> bool:
    """Looks at eight bytes at a time: every launch of a check is looked at after each of the others."""
    even = len(raw) - len(raw) % 8
    words = raw[:even].view(np.uint64)
    return bool((words == WORD).all() and (raw[even:] == POISON).all())
