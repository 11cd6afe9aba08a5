"""Two versions of a kernel beside each other: the raw samples of both, and what may be claimed from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kernel_gepa.domain.timing import Estimate


class Claim(StrEnum):
    REGRESSION = "regression"
    IMPROVED = "improved"
    SAME = "same"
    INCONCLUSIVE = "inconclusive"


class Unit(StrEnum):
    """What was sampled. Instructions are counted at n and at 2n launches, and are no time."""

    SECONDS = "seconds"
    INSTRUCTIONS = "instructions"


@dataclass(frozen=True, slots=True)
class Pair:
    """What one fresh process of either side took, per launch; of instructions, the counts at n and 2n launches."""

    base: tuple[float, ...]
    head: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """One workload measured once, from the start.

    With `then`, the base is a stored one: both `pairs` and `then` are against the eager reference, each of its own
    time, so that what the machine became in between cancels as far as it hit both. `crowded`: timed by the wall, and
    there was no processor for every thread. `streaming` is the share of the faster side's time in which it must have
    been streaming from memory, by an estimated bound.
    """

    pairs: tuple[Pair, ...]
    then: tuple[Pair, ...] = ()
    crowded: bool = False
    streaming: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """How claims are made. `threshold` is the smallest relative difference worth reporting: 0.05 for 5 %.

    A regression or an improvement is claimed when so many looks in fresh processes have said so, of at most `looks`.
    No interval is narrower than `least` to either side, a relative half-width, and `streaming` times this much is added
    in quadrature for what neighbours do to memory: what is told to others allows for more than a check of one hour.
    """

    unit: Unit = Unit.SECONDS
    threshold: float = 0.05
    confirmations: int = 2
    looks: int = 3
    least: float = 0.02
    streaming: float = 0.0


@dataclass(frozen=True, slots=True)
class Settled:
    """`speedup` is head over base, larger is faster; it is that of the last look, which alone chose nobody."""

    claim: Claim
    speedup: Estimate
    why: str
