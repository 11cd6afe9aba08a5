"""What a verdict is worth to the search: an opinion about a fact, and free to change without touching it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import log2
from typing import assert_never

from kernel_gepa.domain.evaluation import UNSOLVED
from kernel_gepa.domain.timing import Estimate, Measurement
from kernel_gepa.domain.verdict import (
    BuildFailed,
    Correct,
    Crashed,
    Graded,
    Incorrect,
    Rejected,
    Static,
    TimedOut,
    Verdict,
)

ANSWER = "answer"  # the only cell of a task that is graded and not measured


def score(verdict: Verdict) -> Estimate:
    """A correct kernel beats every incorrect one; among correct ones speedup decides, each doubling alike in the long
    run. Below that the stage decides: the further it got, the better.

    Inside a stage there is credit only for whole workloads that were right. The share of right elements would be
    easy to collect: zeros are half right wherever a ReLU was.

    What was not timed is worth the least that a right kernel is worth, or, where nothing could run it, half of that.

    What was inconclusive claims nothing beyond being right: its interval reaches down to the slowest kernel there is.
    """
    match verdict:
        case Rejected() | BuildFailed():
            return Estimate.exact(0.0)
        case Crashed() | TimedOut():
            return Estimate.exact(0.1)
        case Incorrect(mismatches, passed):
            wrong = {m.workload for m in mismatches}
            return Estimate.exact(0.2 + 0.1 * len(set(passed) - wrong) / max(1, len(set(passed) | wrong)))
        case Correct():
            s = verdict.speedup
            low = 0.0 if verdict.inconclusive else s.low
            return Estimate(*(1.0 + log2(1.0 + x) for x in (s.value, low, s.high)))
        case Static(passed=passed):
            return Estimate.exact(1.0 if passed else 0.5)
        case Graded(points):
            return Estimate.exact(points)
        case _:
            assert_never(verdict)


def cells(verdict: Verdict) -> Mapping[str, Estimate]:
    """How good it is at each workload: its speedups, or the staged score in one cell for who did not solve the task."""
    if isinstance(verdict, Correct):
        return {m.workload: _claimed(m) for m in verdict.measurements}
    if isinstance(verdict, Graded):
        return {ANSWER: score(verdict)}
    return {UNSOLVED: score(verdict)}


def _claimed(found: Measurement) -> Estimate:
    return replace(found.speedup, low=0.0) if found.inconclusive else found.speedup
