"""Inputs that plain draws never show: of other scale or sign, with structure, outliers, zeros.

A task's inputs keep what is declared of them: `uniform` and `integers` stay within their range, and what a module's
own `get_inputs` draws is changed only where it looks like plain numbers, not like masks, labels or probabilities.
What is drawn here is drawn from the evaluation's secret generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain import distribution
from kernel_gepa.domain.task import TensorSpec, Workload
from kernel_gepa.harness.inputs import Bytes, Exact, continuous, decode, encode

# Larger than any draw, and far from what squares or cubes of it overflow at.
LARGE = {"float16": (8.0, 64.0)}
LARGE_USUALLY = (300.0, 1e4)
TINY = {"float16": (0.02, 0.2)}
TINY_USUALLY = (1e-4, 1e-2)
MOST_OUTLIERS = 3
LONGEST_PERIOD = 16
ALL_INPUTS = 2 / 3  # how often a pattern changes every input that may be changed, and not one of them


class Freedom(Enum):
    FREE = "any finite value is an input"
    RANGE = "values stay between the least and the largest of the draw"
    FIXED = "not to be changed"


@dataclass(frozen=True, slots=True)
class Stress:
    """One kind of change. `groups` are tried in turn: every check has one of each group, where the task allows it."""

    kind: str
    group: str
    least: Freedom  # RANGE: needs no values that a draw might not hold
    makes_ties: bool
    needs_zero: bool
    change: Callable[[Exact, float, np.random.Generator], Exact]
    words: str  # with {factor}


def _scaled(values: Exact, factor: float, _: np.random.Generator) -> Exact:
    return values * factor


def _one_sign(values: Exact, _: float, generator: np.random.Generator) -> Exact:
    return np.asarray(np.abs(values) * generator.choice((-1.0, 1.0)))


def _outliers(values: Exact, factor: float, generator: np.random.Generator) -> Exact:
    """All of one sign: opposite ones would cancel, and an honest sum of them in another order is another number."""
    found = values.copy()
    places = generator.integers(0, values.size, generator.integers(1, MOST_OUTLIERS + 1))
    found.reshape(-1)[places] = factor * float(np.abs(values).max())
    return found


def _zeros(values: Exact, _: float, __: np.random.Generator) -> Exact:
    return np.zeros_like(values)


def _zero_rows(values: Exact, _: float, generator: np.random.Generator) -> Exact:
    return np.where(generator.random((len(values), 1)) < 0.5, 0, values).astype(values.dtype)


def _constant_rows(values: Exact, _: float, __: np.random.Generator) -> Exact:
    return np.repeat(values[:, :1], values.shape[1], axis=1)


def _sorted_rows(values: Exact, _: float, generator: np.random.Generator) -> Exact:
    return np.sort(values, axis=1)[:, :: int(generator.choice((-1, 1)))]


def _repeated(values: Exact, _: float, generator: np.random.Generator) -> Exact:
    columns = values.shape[1]
    period = int(generator.integers(1, max(2, min(LONGEST_PERIOD, columns // 2) + 1)))
    return values[:, np.arange(columns) % period]


def _one_hot(values: Exact, _: float, generator: np.random.Generator) -> Exact:
    found, rows = np.zeros_like(values), np.arange(len(values))
    place = generator.integers(0, values.shape[1], len(values))
    found[rows, place] = values[rows, place]
    return found


def _edges(values: Exact, _: float, generator: np.random.Generator) -> Exact:
    low, high = values.min(), values.max()
    return np.asarray(np.where(generator.random(values.shape) < 0.5, low, high), dtype=values.dtype)


FREE, RANGE = Freedom.FREE, Freedom.RANGE
PATTERNS = (
    Stress("scale", "large", FREE, False, False, _scaled, "scaled by {factor:.2g}"),
    Stress("outliers", "outliers", FREE, False, False, _outliers, "mixed with outliers {factor:.2g} times as large"),
    Stress("scale", "small", FREE, False, False, _scaled, "scaled by {factor:.2g}"),
    Stress("zeros", "small", RANGE, True, True, _zeros, "all zeros"),
    Stress("zeros", "small", RANGE, True, True, _zero_rows, "zero in half of its rows"),
    Stress("sign", "order", FREE, False, False, _one_sign, "of one sign"),
    Stress("structure", "order", RANGE, True, False, _constant_rows, "constant along its rows"),
    Stress("structure", "order", RANGE, False, False, _sorted_rows, "sorted along its rows"),
    Stress("structure", "order", RANGE, True, False, _repeated, "repeating itself along its rows"),
    Stress("structure", "order", RANGE, True, True, _one_hot, "zero but for one value in each row"),
    Stress("structure", "order", RANGE, True, False, _edges, "at the ends of its range only"),
)
# In the order in which they find most: who checks less often takes the first few.
GROUPS = ("large", "outliers", "order", "small")


@dataclass(frozen=True, slots=True)
class Stressed:
    """One launch's inputs, and how they were changed."""

    inputs: Bytes
    words: str
    group: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be done to the inputs of a workload: the kinds that its task names, and each tensor's own freedom."""

    kinds: tuple[str, ...]
    free: tuple[Freedom, ...]


def allowed(workload: Workload, plain: Bytes, kinds: Sequence[str]) -> Allowed:
    """`plain` is any draw: it takes time to look at one, and the next looks the same."""
    specs = [spec for spec in workload.inputs if isinstance(spec, TensorSpec)]
    return Allowed(tuple(kinds), tuple(freedom(spec, values) for spec, values in zip(specs, plain, strict=True)))


def freedom(spec: TensorSpec, stored: NDArray[np.generic]) -> Freedom:
    """As the distribution is declared, or as the values look in a draw where that is all one knows."""
    try:
        declared = distribution.parse(spec.distribution)
    except ValueError:
        free = "float" in spec.dtype and plain_numbers(decode(stored, spec.dtype), spec.shape)
        return Freedom.FREE if free else Freedom.FIXED
    return Freedom.FREE if declared.kind == "normal" else Freedom.RANGE


def plain_numbers(values: Exact, shape: tuple[int, ...]) -> bool:
    """Whether these are just numbers: no mask, no labels, no probabilities, no unit vectors, no symmetric matrix."""
    if not continuous(values) or np.count_nonzero(values) < 0.99 * values.size:
        return False
    rows = values.reshape(-1, shape[-1])
    if rows.shape[1] > 1:
        sums, norms = rows.sum(axis=1), np.square(rows).sum(axis=1)
        if np.allclose(sums, 1.0, rtol=1e-2) or np.allclose(norms, 1.0, rtol=1e-2):
            return False
    square = values.reshape(shape)
    return not (square.ndim > 1 and shape[-1] == shape[-2] and np.allclose(square, np.swapaxes(square, -1, -2)))


def one_signed(workload: Workload, plain: Bytes, may: Allowed) -> bool:
    """Whether a draw of an input that may be anything shows one sign only."""
    specs = [spec for spec in workload.inputs if isinstance(spec, TensorSpec)]
    for spec, stored, free in zip(specs, plain, may.free, strict=True):
        if free is Freedom.FREE and spec.elements > 1:
            values = decode(stored, spec.dtype)
            if values.min() >= 0 or values.max() <= 0:
                return True
    return False


def stressed(
    workload: Workload,
    plain: Bytes,
    group: str,
    may: Allowed,
    generator: np.random.Generator,
    *,
    sign: int = 1,
    gentleness: int = 0,
) -> Stressed | None:
    """`plain` changed by one pattern of the group; None where the task allows none.

    `sign` is that of the factor. Each step gentler takes the cube root of it, and the other sign: a logarithm has no
    negative side.
    """
    specs = [spec for spec in workload.inputs if isinstance(spec, TensorSpec)]
    no_ties = not all("float" in output.dtype for output in workload.outputs)
    choices = []
    for pattern in PATTERNS:
        if pattern.group != group or pattern.kind not in may.kinds or (pattern.makes_ties and no_ties):
            continue
        fitting = [n for n, spec in enumerate(specs) if _fits(pattern, may.free[n], spec, plain[n])]
        if fitting:
            choices.append((pattern, fitting))
    if not choices:
        return None
    pattern, fitting = choices[int(generator.integers(len(choices)))]
    chosen = fitting if generator.random() < ALL_INPUTS else [fitting[int(generator.integers(len(fitting)))]]
    factor = sign * (-1) ** gentleness * _factor(group, [specs[n] for n in chosen], generator) ** (3.0**-gentleness)
    changed = list(plain)
    for n in chosen:
        values = decode(plain[n], specs[n].dtype)
        shape = (-1, specs[n].shape[-1]) if specs[n].shape else (1, 1)
        with np.errstate(over="ignore"):  # what becomes infinite is seen by the reference
            changed[n] = encode(pattern.change(values.reshape(shape), factor, generator).reshape(-1), specs[n].dtype)
    names = " and ".join(specs[n].name for n in chosen)
    return Stressed(changed, f"inputs where {names} is {pattern.words.format(factor=factor)}", group)


def _fits(pattern: Stress, free: Freedom, spec: TensorSpec, stored: NDArray[np.generic]) -> bool:
    if free is Freedom.FIXED or not spec.elements or (free is Freedom.RANGE and pattern.least is Freedom.FREE):
        return False
    if free is Freedom.FREE or not pattern.needs_zero:
        return True
    values = decode(stored, spec.dtype)
    return bool(values.min() <= 0 <= values.max())


def _factor(group: str, chosen: Sequence[TensorSpec], generator: np.random.Generator) -> float:
    """Shared out where several inputs are changed: their product meets in most answers."""
    half = any(spec.dtype == "float16" for spec in chosen)
    narrow, usual = (TINY, TINY_USUALLY) if group == "small" else (LARGE, LARGE_USUALLY)
    low, high = narrow["float16"] if half else usual
    drawn = float(np.exp(generator.uniform(np.log(low), np.log(high))))
    return float(drawn ** (1 / len(chosen)))
