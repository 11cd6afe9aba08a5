"""Times as sample sets, and what may be claimed from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from math import erfc, exp, hypot, log

from kernel_gepa.domain.npu import CycleEstimate

# What a kernel may be measured against: the task's kernel, the reference in PyTorch as it is, and by torch.compile.
BASELINES = START, EAGER, COMPILED = "start", "eager", "compile"

# Of candidates that are no better than what is known, at most this share is admitted by mistake.
FALSE_ADMISSIONS = 0.01

Z_95 = 1.959964  # half of a 95 % interval, in standard deviations
SQRT_2 = 2**0.5


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

    def doubt(self, other: Estimate) -> float:
        """How likely noise alone shows it better than `other` by as much as this, were the two equally good.

        A one-sided p-value, for independent normal errors whose 95 % intervals these are; 0 or 1 for exact numbers.
        """
        gain = self.value - other.value
        noise = hypot(self.value - self.low, other.high - other.value) / Z_95
        if not noise:
            return 0.0 if gain > 0 else 1.0
        return erfc(gain / noise / SQRT_2) / 2

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
class Conditions:
    """What the machine did while it measured: what a reader needs to doubt a figure."""

    load_before: float  # the system's one-minute load average
    load_after: float
    others: float  # processors that processes of others kept busy meanwhile
    queued: float  # share of the candidate's batches in which it was ready to run and had no processor
    drift: float  # how much longer the baseline itself took in the last third of the rounds than in the first
    disturbed: float = 0.0  # share of rounds in which the processor was not ours alone
    crowded: bool = False  # timed by the wall, and there was no processor for every thread


@dataclass(frozen=True, slots=True)
class Counted:
    """What the reference does in one launch, counted operator by operator: an estimate of what there is to do."""

    products: int = (
        0  # operations of matrix products, convolutions, attention: an addition and a multiplication are two
    )
    elementwise: int = 0  # others, in float32 or float64
    special: int = 0  # of those, exponentials, logarithms, sines and the like
    steps: int = 0  # operators that compute or move something
    moved_bytes: int = 0  # that these read and write, one after the other

    @property
    def operations(self) -> int:
        return self.products + self.elementwise


@dataclass(frozen=True, slots=True)
class Bound:
    """An estimate of the least time that one launch can take on this machine; `how` are the numbers behind it."""

    seconds: float
    limit: str  # "memory" or "arithmetic"
    how: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """Candidate against baseline on one workload: the raw samples and the speedup they support.

    `inconclusive`: it was measured, and says too little to act upon. `bound` is None where none could be established.
    """

    workload: str
    baseline: str  # what the denominator is: one of BASELINES
    speedup: Estimate
    candidate_s: float
    baseline_s: float
    samples: tuple[Samples, ...]
    notes: tuple[str, ...] = ()  # what a reader should know: "stopped by its time limit at ±6 %"
    inconclusive: bool = False
    bound: Bound | None = None
    conditions: Conditions | None = None
    counted: Counted | None = None
    cycles: CycleEstimate | None = None  # where nothing was timed: what both times are made of, and an estimate

    @property
    def peak_fraction(self) -> float | None:
        """How near the kernel comes to the bound. An estimate, as the bound is one."""
        return None if self.bound is None else self.bound.seconds / self.candidate_s
