"""Numbers as they are written everywhere: in progress lines, in the terminal's table and in the report."""

from __future__ import annotations

from kernel_gepa.domain.timing import COMPILED, EAGER, START, Conditions, Estimate, Measurement

CYCLES_PER_SECOND = 1e9  # as estimates of cycles are kept where a record wants seconds

BASELINES = {START: "the start kernel", EAGER: "eager PyTorch", COMPILED: "torch.compile"}


def times(speedup: Estimate) -> str:
    return f"{speedup.value:.2f}x"


def interval(speedup: Estimate) -> str:
    return f"{speedup.low:.2f} to {speedup.high:.2f}"


def claim(speedup: Estimate, *, estimated: bool = False) -> str:
    """A speedup is never said without its interval, or without what it is where nothing was measured."""
    if estimated:
        return f"{times(speedup)} (estimated, not measured)"
    sure = "" if speedup.significant else ", not significant"
    return f"{times(speedup)} (95 % interval {interval(speedup)}{sure})"


def peak(found: Measurement) -> str:
    """The bound and how near the kernel comes to it; both are estimates, and the table's head says so."""
    if found.bound is None or found.peak_fraction is None:
        return "not known"
    return f"{duration(found.bound.seconds)} ({found.bound.limit}), {found.peak_fraction:.0%}"


def conditions(found: Conditions) -> str:
    crowded = "; too few processors for its threads" if found.crowded else ""
    return (
        f"load {found.load_before:.1f} before and {found.load_after:.1f} after, "
        f"{found.others:.1f} processors busy with something else, "
        f"waited for a processor {found.queued:.0%} of the time, the baseline drifted by "
        f"{found.drift:+.1%}, {found.disturbed:.0%} of the rounds were beside a neighbour{crowded}"
    )


def cost(found: Measurement, seconds: float) -> str:
    """What one launch takes: a time, or cycles that nobody measured."""
    return duration(seconds) if found.cycles is None else f"{seconds * CYCLES_PER_SECOND:.0f} cycles (estimated)"


def duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
