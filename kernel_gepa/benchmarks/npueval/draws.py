"""Fresh inputs for a row: of the same shapes, and of values the task can mean.

What a task's inputs may be is not written in the data set; so new ones are made of the given ones. Every draw keeps to
their range (an index stays an index, a logarithm's argument positive) and to their type.
"""

from __future__ import annotations

import numpy as np

from kernel_gepa.benchmarks.npueval.rows import Row, Values, Vector, pack, unpack

DRAWS = ("shuffled", "narrow", "wide", "signs")


def draw(row: Row, kind: str, rng: np.random.Generator) -> Row:
    """Inputs of one of the kinds in DRAWS. Scalars stay: prompts allow kernels to be written for their values."""
    return row.with_inputs({v.buffer.name: _drawn(v, kind, rng) for v in row.inputs})


def _drawn(given: Vector, kind: str, rng: np.random.Generator) -> Values:
    values, dtype = given.values, given.buffer.dtype
    shuffled = rng.choice(values.reshape(-1), size=values.shape, replace=True)
    if kind == "shuffled":
        return shuffled
    if np.issubdtype(values.dtype, np.integer):
        low, high = int(values.min()), int(values.max())
        if kind == "narrow":  # towards zero, where sums do not run into their limits
            low, high = sorted((low // 8, max(low // 8, high // 8)))
        elif kind == "signs" and low < 0 < high:
            signed = np.clip(-shuffled.astype(np.int64), low, high)
            return np.where(rng.random(values.shape) < 0.5, signed, shuffled).astype(values.dtype)
        return rng.integers(low, high, size=values.shape, endpoint=True).astype(values.dtype)
    mixed = values.min() < 0 < values.max()
    if mixed and kind in ("signs", "narrow"):
        shuffled = np.abs(shuffled) * rng.choice(np.array([-1, 1], dtype=np.float32), size=values.shape)
    if mixed and kind == "narrow":  # a domain that has one sign may end near zero
        shuffled = shuffled * np.float32(0.25)
    made = np.clip(shuffled, values.min(), values.max())
    return unpack(pack(made, dtype), dtype, values.shape) if dtype == "bfloat16" else made.astype(values.dtype)
