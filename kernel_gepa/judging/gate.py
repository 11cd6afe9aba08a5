"""From raw samples of two versions to a claim: regression, improved, same, inconclusive. Pure, so that anybody can
make it again from the samples that a result file holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, hypot, log

import numpy as np

from kernel_gepa.domain.comparison import Claim, Look, Pair, Rule, Settled, Unit
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.statistics import half_width, repeatable, widened

# Against a stored baseline: what other hours do to a machine is not averaged away by more processes.
STORED_INTERVAL = 0.07
STORED_THRESHOLD = 0.15

COUNTED_LAUNCHES = 2  # n of the counts at n and 2n launches: harness/counted.py

# The most telling first: one workload that became slower is not made good by another that became faster.
ORDER = (Claim.REGRESSION, Claim.INCONCLUSIVE, Claim.IMPROVED, Claim.SAME)


def speedup(look: Look, rule: Rule) -> Estimate:
    """Head over base with the 95 % interval in which a repetition of the whole look lies; counts are exact.

    Raises ValueError for samples that no measurement gives.
    """
    if rule.unit is Unit.INSTRUCTIONS:
        return Estimate.exact(_counted(look.pairs))
    if not look.then:
        return widened(repeatable(_ratios(look.pairs), floor=rule.least), rule.streaming * look.streaming)
    now = repeatable(_ratios(look.pairs), floor=STORED_INTERVAL)
    then = repeatable(_ratios(look.then), floor=STORED_INTERVAL)
    value = now.value / then.value
    down = hypot(log(now.value / now.low), log(then.high / then.value))
    up = hypot(log(now.high / now.value), log(then.value / then.low))
    return Estimate(value, value * exp(-down), value * exp(up))


def claim(found: Estimate, threshold: float) -> Claim:
    """By size and by interval: a claim needs a difference that is there, and one that is worth reporting."""
    if found.high < 1.0 and found.value * (1 + threshold) <= 1.0:
        return Claim.REGRESSION
    if found.low > 1.0 and found.value >= 1 + threshold:
        return Claim.IMPROVED
    if found.low * (1 + threshold) >= 1.0 and found.high <= 1 + threshold:
        return Claim.SAME
    return Claim.INCONCLUSIVE


def settled(looks: Sequence[Look], rule: Rule) -> Settled | None:
    """What the looks at one workload come to; None when another one is to be taken. Later ones change nothing."""
    seen: list[Claim] = []
    for look in looks[: rule.looks]:
        found, threshold = speedup(look, rule), effective(look, rule)
        seen.append(Claim.INCONCLUSIVE if look.crowded else claim(found, threshold))
        last = seen[-1]
        if last is Claim.SAME:
            return Settled(last, found, _said(seen, found, threshold, rule.unit))
        if last is not Claim.INCONCLUSIVE and seen.count(last) >= rule.confirmations:
            return Settled(last, found, _said(seen, found, threshold, rule.unit))
        if len(seen) == rule.looks:
            return Settled(Claim.INCONCLUSIVE, found, _undecided(seen, found, look.crowded))
    return None


def ended(looks: Sequence[Look], rule: Rule) -> Settled:
    """As `settled`; looks that had to end before they settled anything leave it inconclusive."""
    found = settled(looks, rule)
    if found is not None:
        return found
    return Settled(Claim.INCONCLUSIVE, speedup(looks[-1], rule), "it ended before enough looks were taken")


def effective(look: Look, rule: Rule) -> float:
    """The threshold that this look can tell."""
    return max(rule.threshold, STORED_THRESHOLD) if look.then else rule.threshold


def overall(claims: Iterable[Claim]) -> Claim:
    """Of a kernel, from those of its workloads; there is at least one."""
    return min(claims, key=ORDER.index)


def per_launch(look: Look, unit: Unit) -> Pair:
    """What a launch of either side takes: the median over processes. Of a stored baseline, what it took then."""
    if unit is Unit.INSTRUCTIONS:
        (pair,) = look.pairs
        return Pair(*(((two - one) / COUNTED_LAUNCHES,) for one, two in (pair.base, pair.head)))
    base = [_median(p.head) for p in look.then] or [_median(p.base) for p in look.pairs]
    return Pair((_median(base),), (_median([_median(p.head) for p in look.pairs]),))


def _median(samples: Sequence[float]) -> float:
    return float(np.median(samples))


def _ratios(pairs: Sequence[Pair]) -> list[float]:
    ratios = []
    for pair in pairs:
        _sound(pair)
        ratios.append(float(np.median(pair.base) / np.median(pair.head)))
    return ratios


def _counted(pairs: Sequence[Pair]) -> float:
    """Of the slopes between n and 2n launches: what starting a process takes is in both and goes."""
    (pair,) = pairs
    _sound(pair)
    (base_n, base_2n), (head_n, head_2n) = pair.base, pair.head
    if base_2n <= base_n or head_2n <= head_n:
        raise ValueError("twice the launches take no more instructions")
    return (base_2n - base_n) / (head_2n - head_n)


def _sound(pair: Pair) -> None:
    samples = (*pair.base, *pair.head)
    if not pair.base or not pair.head or not all(np.isfinite(s) and s > 0 for s in samples):
        raise ValueError("samples must be positive numbers, and each side needs one at least")


def _said(seen: Sequence[Claim], found: Estimate, threshold: float, unit: Unit) -> str:
    if seen[-1] is Claim.SAME:
        return f"known within the threshold of {100 * threshold:.3g} %"
    slower, by = seen[-1] is Claim.REGRESSION, abs(1 / found.value - 1)
    if unit is Unit.INSTRUCTIONS:
        return f"needs {by:.1%} {'more' if slower else 'fewer'} instructions"
    times = {1: "once", 2: "twice"}.get(seen.count(seen[-1]), f"{seen.count(seen[-1])} times")
    return f"takes {by:.1%} {'longer' if slower else 'less time'}, seen {times}"


def _undecided(seen: Sequence[Claim], found: Estimate, crowded: bool) -> str:
    told = ", then ".join(seen)
    if crowded:
        return f"there was no processor for every thread ({told})"
    return f"known to ±{half_width(found):.1%}, which is too little to decide ({told})"
