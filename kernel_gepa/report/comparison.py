"""What evolution found against what its control found with the same budget."""

from __future__ import annotations

from math import exp, hypot, log

from kernel_gepa.domain.timing import Estimate
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.report.words import claim, plural


def compared(outcome: Outcome) -> str | None:
    """One paragraph, or None when there was no control. Both sides are verified kernels, or the start."""
    control = outcome.control
    if control is None:
        return None
    ours, theirs = (verified(side) for side in (outcome, control))
    spent = f"with {plural(control.spend.rollouts, 'rollout')} against {outcome.spend.rollouts}"
    found = "no kernel that is measurably faster than the start" if control.winner is None else claim(theirs)
    return f"Control {control.way}, {spent}: {found}. {ahead(ratio(ours, theirs))}"


def verified(outcome: Outcome) -> Estimate:
    """Who found nothing has the start."""
    found = outcome.winner.geomean(outcome.main_baseline) if outcome.winner else None
    return found or Estimate.exact(1.0)


def ratio(ours: Estimate, theirs: Estimate) -> Estimate:
    """Of two verified speedups, as independent."""
    value = ours.value / theirs.value
    down = hypot(log(ours.value / ours.low), log(theirs.high / theirs.value))
    up = hypot(log(ours.high / ours.value), log(theirs.value / theirs.low))
    return Estimate(value, value * exp(-down), value * exp(up))


def ahead(found: Estimate) -> str:
    return ahead_of(found, "evolution", "the control")


def ahead_of(found: Estimate, ours: str, theirs: str) -> str:
    """Who has the faster kernel, by the ratio of their speedups."""
    if not found.significant:
        return "The difference is within the noise."
    if found.low > 1.0:
        return f"{_capital(ours)}'s kernel is {claim(found)} as fast as {theirs}'s."
    turned = Estimate(1 / found.value, 1 / found.high, 1 / found.low)
    return f"{_capital(theirs)}'s kernel is {claim(turned)} as fast as {ours}'s."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
