"""Times as sample sets, and what may be claimed from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from math import exp, hypot, log


@dataclass(frozen=True, slots=True)
class Estimate:
    """A quantity with its 95 % interval; larger is better. An exact number is its own interval."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> Estimate:
        return cls(value, value, value)

    def measurably_better(self, other: Estimate) -> bool:
        """Larger beyond the noise of both, taken as independent. With exact numbers this is a plain `>`."""
        noise = hypot(self.value - self.low, other.high - other.value)
        return self.value > other.value and self.value - other.value > noise

    @property
    def significant(self) -> bool:
        """Read as a speedup: is there a difference at all?"""
        return self.low > 1.0 or self.high < 1.0


def total(estimates: Iterable[Estimate]) -> Estimate:
    """The sum of independent estimates: errors add in quadrature. Nothing sums to an exact zero."""
    parts = tuple(estimates)
    value = sum(e.value for e in parts)
    down = hypot(*(e.value - e.low for e in parts))
    up = hypot(*(e.high - e.value for e in parts))
    return Estimate(value, value - down, value + up)


def geometric_mean(estimates: Iterable[Estimate]) -> Estimate:
    """Of independent positive estimates with multiplicative noise; the interval narrows as errors average out."""
    parts = tuple(estimates)
    n = len(parts)
    centre = sum(log(e.value) for e in parts) / n
    down = hypot(*(log(e.value / e.low) for e in parts)) / n
    up = hypot(*(log(e.high / e.value) for e in parts)) / n
    return Estimate(exp(centre), exp(centre - down), exp(centre + up))


def correlated_mean(estimates: Iterable[Estimate]) -> Estimate:
    """The geometric mean of positive estimates that share their errors (one bench, the same processes): nothing
    averages out, and the interval stays as wide as theirs.
    """
    parts = tuple(estimates)
    return Estimate(*(exp(sum(log(x) for x in xs) / len(parts)) for xs in zip(*map(astuple, parts), strict=True)))


@dataclass(frozen=True, slots=True)
class Samples:
    """Raw seconds per launch of one side on one workload, in the order they were taken."""

    side: str  # "candidate", "baseline"
    clock: str  # "cpu": the worker's CPU time read from outside; "wall": the driver's clock
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """Candidate against baseline on one workload: the raw samples and the speedup they support."""

    workload: str
    baseline: str  # what the denominator is: "start", "eager"
    speedup: Estimate
    candidate_s: float
    baseline_s: float
    samples: tuple[Samples, ...]
    notes: tuple[str, ...] = ()  # what a reader should know: "stopped by its time limit at ±6 %"
