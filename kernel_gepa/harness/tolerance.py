"""How far from exact an output may lie: from its type, and from how far the reference itself lies in its own types.

The evidence behind the numbers: docs/decisions/0006-tolerance.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kernel_gepa.domain.task import TensorSpec, Tolerance
from kernel_gepa.harness.inputs import Exact


@dataclass(frozen=True, slots=True)
class Grain:
    """What a type allows: relative to a value, relative to the mean magnitude, and times the reference's own error."""

    relative: float
    of_mean: float
    of_error: float
    smallest: float  # below it, a processor may flush to zero


# A float32 kernel adds up in another order than the reference, whose own error says little where it adds up well. Half
# types are accumulated in float32 by both, so that only the last rounding is theirs. The reference of a float64 task is
# compared with itself and shows no error: half way, on a logarithmic scale, between the grain of float64 and float32.
GRAINS = {
    "float64": Grain(2.0**-36, 2.0**-38, 16.0, 2.3e-308),
    "float32": Grain(2.0**-15, 2.0**-17, 16.0, 1.2e-38),
    "float16": Grain(2.0**-9, 2.0**-10, 4.0, 6.2e-5 * 2.0**-9),
    "bfloat16": Grain(2.0**-6, 2.0**-7, 4.0, 1.2e-38),
}

# Of a reference that cannot be computed in float64: nobody knows its own error, so what is usual stands in for it.
UNKNOWN_ERROR = 1e-5  # of the mean magnitude

# Slabs with fewer values say little about the error in them; single values say something when there are many.
LEAST_IN_SLAB = 16
LEAST_VALUES = 1024

# An answer which the reference's own types miss by more than this share of the mean magnitude judges nobody.
MOST_OWN_ERROR = 0.05


def derived(spec: TensorSpec, exact: Sequence[Exact], own: Sequence[Exact], *, in_float64: bool) -> Tolerance:
    """For plain draws, of which `exact` and `own` are some answers."""
    if spec.dtype not in GRAINS:
        return Tolerance(0.0, 0.0)
    grain = GRAINS[spec.dtype]
    mean = max(mean_magnitude(e) for e in exact)
    error = max(float(_error_beyond(grain, e, o).max(initial=0.0)) for e, o in zip(exact, own, strict=True))
    if not in_float64:
        error = max(error, UNKNOWN_ERROR * mean)
    return Tolerance(grain.relative, _rounded(grain.of_mean * mean + grain.of_error * error))


def room(exact: Exact, tolerance: Tolerance) -> Exact:
    """For every element, how far from it an output may lie."""
    with np.errstate(invalid="ignore"):  # no room around infinity, where nothing but itself is right
        return np.asarray(tolerance.atol + tolerance.rtol * np.abs(exact))


def stressed_room(spec: TensorSpec, exact: Exact, own: Exact, tolerance: Tolerance, plain_mean: float) -> Exact:
    """Never less than what holds for plain draws; more where the values are larger, or the reference itself errs more.

    The reference's own error is described in several ways: as so much of the mean of all values, of the mean of the
    same row (or column, or plane), or of the value itself. It fits each of them, with the largest factor that it shows
    anywhere; a kernel may err by a multiple of it, and has to fit all of them too. So one huge value does not excuse
    what is wrong far from it.
    """
    if spec.dtype not in GRAINS or not exact.size:
        return np.zeros_like(exact)
    grain = GRAINS[spec.dtype]
    shape = spec.shape or (1,)
    magnitude, error = np.abs(exact).reshape(shape), _error_beyond(grain, exact, own).reshape(shape)
    scale, usual = np.asarray(magnitude.mean()), np.asarray(error.max())  # grow as they have to
    for axis, extent in enumerate(shape):
        if extent > 1 and magnitude.size // extent >= LEAST_IN_SLAB:
            others = tuple(a for a in range(len(shape)) if a != axis)
            means = magnitude.mean(axis=others, keepdims=True)
            scale = np.minimum(scale, means)
            usual = np.minimum(usual, _as_share(error.max(axis=others, keepdims=True), means))
    if magnitude.size >= LEAST_VALUES:
        usual = np.minimum(usual, _as_share(error, magnitude))
    grown = tolerance.atol * np.maximum(1.0, scale / plain_mean) if plain_mean > 0 else tolerance.atol
    contract = tolerance.rtol * magnitude
    contract += grown
    floor = grain.relative * magnitude
    floor += grain.of_mean * scale + grain.smallest
    floor += grain.of_error * usual
    return np.maximum(contract, floor, out=contract).ravel()


def _as_share(error: Exact, means: Exact) -> Exact:
    """The error that the worst share of the means would make everywhere; infinite where shares say nothing."""
    with np.errstate(divide="ignore", over="ignore"):
        worst = np.divide(error, means, out=np.zeros_like(error), where=error > 0).max(initial=0.0)
    return means * float(worst) if np.isfinite(worst) else np.asarray(np.inf)


def mean_magnitude(exact: Exact) -> float:
    usual = float(np.abs(exact).mean()) if exact.size else 0.0
    if np.isfinite(usual):
        return usual
    finite = exact[np.isfinite(exact)]
    return float(np.abs(finite).mean()) if finite.size else 0.0


def usable(spec: TensorSpec, exact: Exact, own: Exact) -> bool:
    """Whether this answer can tell right from wrong: finite in both precisions, and nearly the same."""
    if spec.dtype not in GRAINS:
        return bool((exact == own).all())
    if not (np.isfinite(exact).all() and np.isfinite(own).all()):
        return False
    error = float(_error(exact, own).max(initial=0.0))
    return error <= MOST_OWN_ERROR * mean_magnitude(exact) + GRAINS[spec.dtype].smallest


def _error(exact: Exact, own: Exact) -> Exact:
    """Of the reference in its own types; where either is no number, nothing is known and nothing is forgiven."""
    with np.errstate(invalid="ignore"):
        error: Exact = np.abs(own - exact)
    if np.isfinite(error).all():
        return error
    return np.where(np.isfinite(error) & np.isfinite(exact), error, 0.0)


def _error_beyond(grain: Grain, exact: Exact, own: Exact) -> Exact:
    """What is left of it when the part is taken away that the relative tolerance allows for already."""
    error, allowed = _error(exact, own), np.abs(exact)
    allowed *= grain.relative / grain.of_error
    error -= allowed
    np.fmax(error, 0.0, out=error)  # also where the answer is infinite, or no number
    return error


def _rounded(value: float) -> float:
    """To two digits: more would suggest that somebody knows it so well."""
    return float(f"{value:.1e}")
