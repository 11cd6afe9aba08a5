"""Candidate against baseline on one workload: interleaved batches and a speedup with its interval.

A batch of n launches takes F + n·t, where F is everything that is not the kernel (messages, scheduling). Empty batches
of the *baseline* tell F, and it is taken from both sides: the candidate has no say in it. Told by the difference of
batches of n and of 2n launches, F was mostly the noise of a launch where n is small. Both sides take their batches in
turn (ABBA), n and 2n launches each, on inputs no launch has seen before, and random outputs of timed launches are
checked.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from itertools import count
from math import inf
from random import Random

import numpy as np

from kernel_gepa import statistics
from kernel_gepa.domain.timing import Conditions, Estimate, Measurement, Samples
from kernel_gepa.domain.verdict import Mismatch, Rejected
from kernel_gepa.harness.both import both
from kernel_gepa.harness.canary import TOLERATED, canary
from kernel_gepa.harness.load import Watch, crowded, processors
from kernel_gepa.harness.records import Record, dishonest, fixed_cost, lazy
from kernel_gepa.harness.ring import Audit, Ring, one_round, renew
from kernel_gepa.harness.station import LAUNCH_LIMIT_S, Station
from kernel_gepa.statistics import drift, half_width, ratio_of_medians, repeatable, widened

BATCH_S = 2e-3  # long enough that F is small against it, short enough that 100 batches fit into a second
# A batch of a Python kernel begins with PyTorch in no cache, which costs 0.2 ms that no empty batch shows.
PYTHON_BATCH_S = 4e-3
MOST_LAUNCHES = 400
# Rounds go through so much memory before they come back, that what they find lies in no cache: twice the last level
# of a large desktop processor. Where the data lie is worth more than most speedups: 2.8x or 6.1x for one RMS norm.
COLD_BYTES = 96 << 20
MOST_SLOTS = 4096

# How far two fresh processes of one binary lie apart, at 95 %: docs/decisions/0004-noise.md.
PROCESS_SPREAD = 0.02

# The standard deviation between workers that hold the same PyTorch module, whose temporaries lie on whatever pages the
# system has: 8 % where they fill the last cache, 1 % where they are small. So a module is timed in a few pairs of
# workers, and what these tell of it counts beside this. The same page.
PYTHON_SPREAD = 0.05
PYTHON_PAIRS = 3

# A speedup that is not known better than so says too little to act upon.
INCONCLUSIVE = 0.10
MOST_DISTURBED = 0.9  # share of the rounds: told when it was more

# The least half-width of a verified interval. Two ways of measuring that keep the same rules lie up to 6 % apart, which
# the spread between the processes of one of them does not show: docs/decisions/0004-noise.md.
LEAST_INTERVAL = 0.07

# How much longer a core needs to stream the same bytes when neighbours take their share of the memory, at 95 %: no
# account of the system shows them, and they stay for longer than a verification. The same page has the figures.
MEMORY_SPREAD = 0.6


@dataclass(frozen=True, slots=True)
class Rounds:
    """When to stop: narrow enough after the least number of rounds, or out of rounds or of time. What is still
    inconclusive then gets `patience` times as much of both.
    """

    least: int = 7
    most: int = 40
    half_width: float = 0.03
    limit_s: float = 2.0
    patience: int = 3

    def over(self, done: int, elapsed_s: float, half_width: float, *, hopeless: bool = False) -> bool:
        """`half_width` is infinite as long as nothing can be said. `hopeless`: patience would change nothing."""
        if half_width <= self.half_width:
            return True
        more = self.patience if half_width > INCONCLUSIVE and not hopeless else 1
        return done >= more * self.most or elapsed_s > more * self.limit_s

    def shared(self, by: int) -> Rounds:
        """For one of so many pairs of processes, which together come to what one would."""
        most = max(self.least, self.most // by)
        return replace(self, most=most, half_width=self.half_width * by**0.5, limit_s=self.limit_s / by)


@dataclass(frozen=True, slots=True)
class Rules:
    """How launches are made and timed."""

    rounds: Rounds
    clock: str
    launch_limit_s: float = LAUNCH_LIMIT_S
    threads: int = 1

    def disturbance(self) -> float:
        """None by the wall clock: several processors are not watched from one of them."""
        return canary().disturbance() if self.clock == "cpu" else 0.0


@dataclass(frozen=True, slots=True)
class Contest:
    """Two loaded kernels on one workload; `against` names the second one."""

    candidate: Station
    baseline: Station
    against: str
    audit: Audit
    watch: Watch


@dataclass(frozen=True, slots=True)
class Timed:
    """`launch_s` is what a launch of the candidate takes at most: nothing of its batches is taken off."""

    measurement: Measurement
    launch_s: Estimate


def launches_per_batch(seconds_per_launch: float, slots: int, *, native: bool = True) -> int:
    """n, such that the 3n launches of a round have memory of their own."""
    batch_s = BATCH_S if native else PYTHON_BATCH_S
    return max(1, min(int(batch_s / seconds_per_launch), slots // 3, MOST_LAUNCHES))


def measure(contest: Contest, rules: Rules, rng: Random) -> Timed | Rejected | Mismatch:
    """A Mismatch when the output of a timed launch was wrong."""
    candidate, baseline = contest.candidate, contest.baseline
    records = {side: Record(side.launches) for side in (candidate, baseline)}
    helpers = candidate.clock.helpers_cpu_s()
    rings = Ring(candidate, rng), Ring(baseline, rng)
    both(Ring.fill, *rings)
    ours, theirs = records[candidate], records[baseline]
    began, level, levels = time.monotonic(), rules.disturbance(), list[float]()
    for done in count(1):
        wrong = one_round(*rings, records, contest.audit, rng)
        if wrong is not None:
            return wrong
        before, level = level, rules.disturbance()
        levels.append(max(before, level))
        if done >= rules.rounds.least:
            alone = sum(found <= TOLERATED for found in levels)
            ours.counts = theirs.counts = quietest(levels, rules.rounds.least)
            speedup = _speedup(ours, theirs, rules.clock)
            found = half_width(speedup)
            width = found if alone >= rules.rounds.least else inf
            hopeless = alone == 0 and found <= INCONCLUSIVE  # more rounds would hardly be alone, and these will do
            if rules.rounds.over(done, time.monotonic() - began, width, hopeless=hopeless):
                break
        renew(*rings)
    disturbed = 1 - alone / done
    ours.idle_cpu_s += candidate.idle_cpu_s
    ours.helpers_cpu_s = candidate.clock.helpers_cpu_s() - helpers
    problem = dishonest(ours, theirs, rules.clock) or lazy(candidate, ours)
    if problem is not None:
        return problem
    return Timed(_measurement(contest, records, speedup, rules, disturbed), ours.clocks[rules.clock].at_most)


def quietest(levels: list[float], least: int) -> list[bool]:
    """Which rounds count: those in which we were alone. If they are too few, the quietest quarter, or `least`."""
    alone = [level <= TOLERATED for level in levels]
    if sum(alone) >= least:
        return alone
    last = sorted(levels)[max(least, len(levels) // 4) - 1]
    return [level <= last for level in levels]


def _speedup(ours: Record, theirs: Record, clock: str) -> Estimate:
    fixed = fixed_cost(ours, theirs, clock)
    return ratio_of_medians(*(side.seconds(clock, fixed) for side in (theirs, ours)))


def _measurement(
    contest: Contest, records: dict[Station, Record], speedup: Estimate, rules: Rules, disturbed: float
) -> Measurement:
    ours, theirs = records[contest.candidate], records[contest.baseline]
    fixed = fixed_cost(ours, theirs, rules.clock)
    seconds = {side: side.seconds(rules.clock, fixed) for side in (ours, theirs)}
    moved = drift(seconds[theirs])
    others = contest.watch.others()
    conditions = Conditions(
        load_before=contest.watch.load_before,
        load_after=os.getloadavg()[0],
        others=others,
        queued=ours.queued_s / max(ours.wall_s, 1e-9),
        drift=moved.value - 1,
        disturbed=disturbed,
        crowded=rules.clock == "wall" and crowded(rules.threads, others, processors()),
    )
    inconclusive = conditions.crowded or half_width(speedup) > INCONCLUSIVE
    return Measurement(
        workload=contest.candidate.workload.name,
        baseline=contest.against,
        speedup=widened(speedup, PROCESS_SPREAD),
        candidate_s=float(np.median(seconds[ours])),
        baseline_s=float(np.median(seconds[theirs])),
        samples=tuple(
            Samples(name, which, tuple(found.seconds(which, fixed_cost(ours, theirs, which))))
            for name, found in (("candidate", ours), ("baseline", theirs))
            for which in found.clocks
        ),
        notes=tuple(notes(speedup, moved, conditions, rules, len(seconds[ours]))),
        inconclusive=inconclusive,
        conditions=conditions,
    )


def notes(speedup: Estimate, moved: Estimate, conditions: Conditions, rules: Rules, rounds: int) -> list[str]:
    """What a reader should know of a measurement that did not go as it should."""
    found = []
    if conditions.crowded:
        found.append(
            f"inconclusive: {rules.threads} threads are timed by the wall, and {conditions.others:.1f} of "
            f"{processors()} processors were busy with something else"
        )
    if half_width(speedup) > INCONCLUSIVE:
        found.append(f"inconclusive: still ±{half_width(speedup):.0%} after {rounds} rounds; the machine is noisy")
    elif half_width(speedup) > rules.rounds.half_width:
        found.append(f"stopped after {rounds} rounds at ±{half_width(speedup):.0%}; the machine is noisy")
    if conditions.disturbed > MOST_DISTURBED:
        found.append("hardly a round was alone on its core; the quietest count, and alone the speedup may be another")
    if moved.significant and abs(conditions.drift) > PROCESS_SPREAD:
        longer = "longer" if conditions.drift > 0 else "shorter"
        found.append(f"the machine drifted: the baseline took {abs(conditions.drift):.0%} {longer} at the end")
    return found


def pooled(group: list[Measurement]) -> Measurement:
    """One measurement per process, seen together. The samples of all processes are kept, in order."""
    between = repeatable([m.speedup.value for m in group], floor=LEAST_INTERVAL)
    streaming = max((memory_share(m) for m in group), default=0.0)
    said, wide = [f"{len(group)} fresh processes of both sides"], half_width(between) > INCONCLUSIVE
    found = _together(group, between, said, wide=wide)
    return replace(found, speedup=widened(between, MEMORY_SPREAD * streaming))


def averaged(group: list[Measurement], *, python: bool) -> Measurement:
    """One measurement per pair of workers, seen together: what a search is told of a kernel.

    `python`: one side at least is PyTorch's, and more than other kernels differs from worker to worker.
    """
    if not python:
        (found,) = group
        return found
    if len(group) == 1:
        return replace(group[0], speedup=widened(group[0].speedup, 1.96 * PYTHON_SPREAD))
    between = statistics.averaged([m.speedup for m in group], spread=PYTHON_SPREAD)
    noisy = sum(m.inconclusive for m in group) > len(group) / 2  # that workers differ is told, and no noise
    return _together(group, between, [f"{len(group)} pairs of workers"], wide=noisy)


def _together(group: list[Measurement], speedup: Estimate, said: list[str], *, wide: bool) -> Measurement:
    crowded = any(m.conditions and m.conditions.crowded for m in group)
    if wide:
        said.append(f"inconclusive: ±{half_width(speedup):.0%} between the processes; the machine is noisy")
    if crowded:
        said.append("inconclusive: the processors were busy with something else; see the conditions")
    said += [note for note in group[0].notes if all(note in m.notes for m in group)]  # of the kernel, not of a process
    return Measurement(
        workload=group[0].workload,
        baseline=group[0].baseline,
        speedup=speedup,
        candidate_s=sorted(m.candidate_s for m in group)[len(group) // 2],
        baseline_s=sorted(m.baseline_s for m in group)[len(group) // 2],
        samples=tuple(s for m in group for s in m.samples),
        notes=tuple(said),
        inconclusive=crowded or wide,
        bound=min((m.bound for m in group if m.bound), key=lambda b: b.seconds, default=None),
        conditions=_overall([m.conditions for m in group if m.conditions]),
    )


def memory_share(measurement: Measurement) -> float:
    """How much of the faster side's time must be streaming from memory: what a neighbour's traffic can move."""
    bound = measurement.bound
    if bound is None or bound.limit != "memory":
        return 0.0
    return min(1.0, bound.seconds / min(measurement.candidate_s, measurement.baseline_s))


def _overall(conditions: list[Conditions]) -> Conditions | None:
    """From the first process to the last, and the worst of them."""
    if not conditions:
        return None
    return Conditions(
        load_before=conditions[0].load_before,
        load_after=conditions[-1].load_after,
        others=max(c.others for c in conditions),
        queued=max(c.queued for c in conditions),
        drift=max((c.drift for c in conditions), key=abs),
        disturbed=max(c.disturbed for c in conditions),
        crowded=any(c.crowded for c in conditions),
    )
