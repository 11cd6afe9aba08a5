"""Where the next rollouts of a sweep go: to the problem that is expected to gain the most by them.

Every problem gets a first share, because only the measurement of its start tells how far it could go. After that a
rollout is expected to close so much of a problem's headroom as its latest ones did, mixed with what is usual: whoever
is near its bound, or has not moved for long, waits; whoever is far from it and moving goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

AT_BOUND = 0.95  # nearer to an estimated bound nobody can tell
UNKNOWN_BITS = 2.0  # of headroom, where no bound is known: a factor of four

# What a rollout closes of the headroom before anything is known, and how many rollouts that counts as.
USUAL, USUAL_WEIGHT = 0.15, 3.0
FADES = 0.8  # a rollout counts so much less with each one after it


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one problem. `gains` are those of its rollouts after the start, in bits (log2 of the speedup), oldest first.

    `peak_fraction` is how near its best kernel comes to the bound, None where no bound is known. `ended`: its search
    has nothing left to try.
    """

    key: str
    rollouts: int = 0
    gains: tuple[float, ...] = ()
    peak_fraction: float | None = None
    ended: bool = False


def headroom(standing: Standing) -> float:
    """How far it could still go, in bits; 0 at the bound. An estimate, as the bound is one."""
    if standing.peak_fraction is None or standing.peak_fraction <= 0:
        return UNKNOWN_BITS
    return 0.0 if standing.peak_fraction >= AT_BOUND else -log2(standing.peak_fraction)


def expected_gain(standing: Standing) -> float:
    """Of its next rollout, in bits."""
    ahead = headroom(standing)
    closed, weights, left, weight = USUAL * USUAL_WEIGHT, USUAL_WEIGHT, ahead, 1.0
    for gain in reversed(standing.gains):
        left += max(0.0, gain)
        closed += weight * (max(0.0, gain) / left if left else 0.0)
        weights += weight
        weight *= FADES
    return ahead * closed / weights


def next_problem(standings: Sequence[Standing]) -> Standing | None:
    """Who gets the next share, or None where nobody has anything to gain. Of equals the first."""
    fresh = [s for s in standings if not s.rollouts and not s.ended]
    if fresh:
        return fresh[0]
    open_ones = [s for s in standings if not s.ended and expected_gain(s) > 0]
    return max(open_ones, key=expected_gain, default=None)
