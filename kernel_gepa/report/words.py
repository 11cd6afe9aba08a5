"""Numbers as they are written everywhere: in progress lines, in the terminal's table and in the report."""

from __future__ import annotations

from kernel_gepa.domain.timing import Estimate

BASELINES = {"start": "the start kernel", "eager": "eager PyTorch"}


def times(speedup: Estimate) -> str:
    return f"{speedup.value:.2f}x"


def interval(speedup: Estimate) -> str:
    return f"{speedup.low:.2f} to {speedup.high:.2f}"


def claim(speedup: Estimate) -> str:
    """A speedup is never said without its interval, and not at all when there is no difference."""
    sure = "" if speedup.significant else ", not significant"
    return f"{times(speedup)} (95 % interval {interval(speedup)}{sure})"


def duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
