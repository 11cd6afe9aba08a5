"""Fresh inputs for every launch: values nobody has seen, written into a slot at the price of a copy."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.distribution import Distribution, parse
from kernel_gepa.domain.task import TensorSpec, Workload
from kernel_gepa.harness.arena import STORAGE, Arena

# Values are drawn once for an evaluation into a pool somewhat longer than the tensor, and a launch reads the pool
# from a random offset: every position of the tensor holds another value each time, for the price of a memcpy. So many
# offsets that a kernel which remembers outputs by their inputs meets none of them again.
SLACK = 1 << 18
LOOKED_AT = 256

Bytes = list[NDArray[np.generic]]

Exact = NDArray[Any]  # float64, or int64 where the values are that: float64 does not tell all of them apart


class Inputs(Protocol):
    """Fills slots. `most_distinct` is how many launches of one batch may have values of their own."""

    @property
    def most_distinct(self) -> int: ...

    def fill(self, arena: Arena, first: int, count: int = 1) -> None: ...

    def refresh(self) -> None:
        """Between rounds: makes new values where they are not new at every `fill` anyway."""
        ...

    def close(self) -> None: ...


class Pooled:
    """For inputs that are described by a distribution, element by element."""

    most_distinct = 1 << 20

    def __init__(self, workload: Workload, generator: np.random.Generator) -> None:
        self._generator = generator
        self._pools = [_pool(spec, generator) for spec in workload.inputs if isinstance(spec, TensorSpec)]

    def fill(self, arena: Arena, first: int, count: int = 1) -> None:
        for pool, place in zip(self._pools, arena.layout.inputs, strict=True):
            length = place.spec.elements
            starts = self._generator.integers(0, len(pool) - length + 1, count).tolist()
            # A round may fill a thousand slots of a few kilobytes each: what is done for one of them counts.
            for target, start in zip(arena.rows(place)[first : first + count], starts, strict=True):
                target[:] = pool[start : start + length]

    def refresh(self) -> None:
        """Every fill is fresh already."""

    def close(self) -> None:
        """Nothing is held."""


def _pool(spec: TensorSpec, generator: np.random.Generator) -> NDArray[np.generic]:
    return encode(_values(parse(spec.distribution), spec.dtype, spec.elements + SLACK, generator), spec.dtype)


def _values(distribution: Distribution, dtype: str, count: int, generator: np.random.Generator) -> NDArray[np.generic]:
    if distribution.kind == "integers":
        return generator.integers(int(distribution.low), int(distribution.high), count)
    if distribution.kind == "uniform":
        return generator.uniform(distribution.low, distribution.high, count)
    if dtype == "float64":
        return generator.standard_normal(count)
    return generator.standard_normal(count, dtype=np.float32)


def encode(values: NDArray[np.generic], dtype: str) -> NDArray[np.generic]:
    """Numbers in the storage type of `dtype`; bfloat16 rounds to nearest even."""
    if dtype == "bfloat16":
        bits = values.astype(np.float32).view(np.uint32)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return values.astype(STORAGE.get(dtype, dtype))


def decode(stored: NDArray[np.generic], dtype: str) -> Exact:
    """Stored bytes as numbers that lose nothing."""
    if dtype == "bfloat16":
        return (stored.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    with np.errstate(invalid="ignore"):  # a NaN that signals, as in poisoned memory
        return stored.astype(np.int64 if dtype == "int64" else np.float64)


def continuous(values: NDArray[Any]) -> bool:
    """Floating-point numbers that hardly repeat: no mask, no labels, no table of zeros."""
    few = values[:LOOKED_AT]
    return values.dtype.kind == "f" and len(few) > 1 and len(np.unique(few)) > len(few) // 2
