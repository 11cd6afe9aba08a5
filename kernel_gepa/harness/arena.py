"""The bytes that driver and worker share: slots, each with the inputs and outputs of one launch, between guards."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.task import ELEMENT_BYTES, TensorSpec, Workload

GUARD_BYTES = 128  # around every tensor; a write past an end lands here and is seen
POISON = 0xFF  # reads as NaN in every floating-point type, as -1 in the signed integers

# NumPy has no bfloat16: its bytes are carried as uint16.
STORAGE = {"bfloat16": "uint16", "bool": "uint8"}


@dataclass(frozen=True, slots=True)
class Place:
    spec: TensorSpec
    offset: int  # from the start of a slot


@dataclass(frozen=True, slots=True)
class Layout:
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]
    stride: int  # bytes from one slot to the next


def layout(inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> Layout:
    """64-byte aligned places. Guards keep equal power-of-two tensors from falling on the same cache sets."""
    at, places = GUARD_BYTES, []
    for spec in (*inputs, *outputs):
        places.append(Place(spec, at))
        at += -(-spec.nbytes // 64) * 64 + GUARD_BYTES
    return Layout(tuple(places[: len(inputs)]), tuple(places[len(inputs) :]), at)


def of_workload(workload: Workload) -> Layout:
    return layout(tuple(i for i in workload.inputs if isinstance(i, TensorSpec)), workload.outputs)


class Arena:
    """The driver's view. Raw storage types only: what a byte means is decided where outputs are compared."""

    def __init__(self, path: Path, shape: Layout, slots: int) -> None:
        self.path, self.layout, self.slots = path, shape, slots
        size = max(1, shape.stride * slots)
        with path.open("w+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk is found here, not as a SIGBUS later
            self._map = mmap.mmap(file.fileno(), size)
        self.bytes: NDArray[np.uint8] = np.frombuffer(self._map, dtype=np.uint8)
        self._rows = self.bytes.reshape(slots, shape.stride) if slots else self.bytes.reshape(0, 0)
        # Random, and the same in every slot: of one byte for all, a kernel that reads x[n] may write the same to y[n].
        self._guard = np.frombuffer(os.urandom(shape.stride), dtype=np.uint8)
        self._rows[:] = self._guard

    def tensor(self, slot: int, place: Place) -> NDArray[np.generic]:
        """A flat view of one tensor in its storage type."""
        raw = self._rows[slot, place.offset : place.offset + place.spec.nbytes]
        return raw.view(STORAGE.get(place.spec.dtype, place.spec.dtype))

    def inputs(self, slot: int) -> list[NDArray[np.generic]]:
        return [self.tensor(slot, place) for place in self.layout.inputs]

    def outputs(self, slot: int) -> list[NDArray[np.generic]]:
        return [self.tensor(slot, place) for place in self.layout.outputs]

    def poison(self, first: int, count: int) -> None:
        for place in self.layout.outputs:
            self._rows[first : first + count, place.offset : place.offset + place.spec.nbytes] = POISON

    def overrun(self, slot: int) -> str | None:
        """The tensor past whose end, or before whose start, something was written."""
        row, places = self._rows[slot], (*self.layout.inputs, *self.layout.outputs)
        for start, end, name in _gaps(places, self.layout.stride):
            if (row[start:end] != self._guard[start:end]).any():
                return name
        return None

    def poisoned(self, slot: int) -> bool:
        """Whether no output of this slot was written since it was poisoned."""
        places = ((p.offset, p.offset + p.spec.nbytes) for p in self.layout.outputs)
        return all((self._rows[slot, start:end] == POISON).all() for start, end in places)

    def unwritten(self, first: int, count: int, at: float) -> int | None:
        """A slot of which one element, at that share of every output, still is as `poison` left it."""
        found = np.ones(count, dtype=bool)
        for place in self.layout.outputs:
            if not place.spec.elements:
                continue
            size = ELEMENT_BYTES[place.spec.dtype]
            start = place.offset + int(at * place.spec.elements) * size
            found &= (self._rows[first : first + count, start : start + size] == POISON).all(axis=1)
        return first + int(np.argmax(found)) if found.any() else None

    def close(self) -> None:
        self.path.unlink(missing_ok=True)


def _gaps(places: tuple[Place, ...], stride: int) -> Iterator[tuple[int, int, str]]:
    """The guard zones of a slot, each with the names of what lies on both sides of it."""
    before, name = 0, "the start of the buffers"
    for place in places:
        yield before, place.offset, f"between {name} and {place.spec.name}"
        before, name = place.offset + place.spec.nbytes, place.spec.name
    yield before, stride, f"past the end of {name}"
