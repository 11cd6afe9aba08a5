"""KernelBench's figures: fast_p and mean speedups. All problems count, whether anything was found for them or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean, median

# They report 0, 0.5, 0.8, 1, 1.5 and 2; at 1.1 and 1.2 noise ends and most of what is found begins.
THRESHOLDS = (0.0, 0.5, 0.8, 1.0, 1.1, 1.2, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class Summary:
    """Of some problems. Means are over the correct ones, None where there are none; `fast` is by threshold."""

    problems: int
    correct: int
    fast: tuple[tuple[float, float], ...]
    mean: float | None
    median: float | None
    geometric_mean: float | None

    def fast_p(self, p: float) -> float:
        return dict(self.fast)[p]


def fast_p(speedups: Sequence[float | None], p: float) -> float:
    """The share of all problems that are correct and faster than p times. None: not correct."""
    return sum(s is not None and s > p for s in speedups) / len(speedups) if speedups else 0.0


def summary(speedups: Sequence[float | None]) -> Summary:
    """One entry per problem: its speedup, or None where nothing correct was found. Speedups are positive."""
    right = [s for s in speedups if s is not None]
    return Summary(
        problems=len(speedups),
        correct=len(right),
        fast=tuple((p, fast_p(speedups, p)) for p in THRESHOLDS),
        mean=fmean(right) if right else None,
        median=median(right) if right else None,
        # By logarithms: a product of a few hundred speedups can leave the range of a float.
        geometric_mean=exp(fmean([log(s) for s in right])) if right else None,
    )
