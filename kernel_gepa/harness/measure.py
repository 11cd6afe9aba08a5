"""Candidate against baseline on one workload: interleaved batches and a speedup with its interval.

A batch of n launches takes F + n·t, where F is everything that is not the kernel (messages, scheduling). Empty batches
of the *baseline* tell F, and it is taken from both sides: the candidate has no say in it. Told by the difference of
batches of n and of 2n launches, F was mostly the noise of a launch where n is small. Both sides take their batches in
turn (ABBA), n and 2n launches each, on inputs no launch has seen before, and random outputs of timed launches are
checked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from random import Random

import numpy as np

from kernel_gepa.domain.timing import Measurement, Samples
from kernel_gepa.domain.verdict import Mismatch, Rejected
from kernel_gepa.harness.clock import Lap
from kernel_gepa.harness.inputs import Bytes
from kernel_gepa.harness.station import Station
from kernel_gepa.statistics import half_width, ratio_of_medians, widened

BATCH_S = 2e-3  # long enough that F is small against it, short enough that 100 batches fit into a second
MOST_LAUNCHES = 400
AUDITED_SHARE = 0.5  # of the candidate's batches: one launch each, drawn before and unknown to the worker
# Rounds go through so much memory before they come back, that what they find lies in no cache: twice the last level
# of a large desktop processor. Where the data lie is worth more than most speedups: 2.8x or 6.1x for one RMS norm.
COLD_BYTES = 96 << 20
MOST_SLOTS = 4096
WARM_UP_S = 0.05

# How far two fresh processes of one binary lie apart, at 95 %: docs/decisions/0004-noise.md.
PROCESS_SPREAD = 0.02

# CPU time of copying an output out of a Python kernel: a request, and memory at the speed of a slow machine.
COLLECT_S = 0.5e-3
COLLECT_BYTES_PER_S = 1e9
MOST_COLLECT_SHARE = 0.5  # of a launch, beyond that
# CPU time after the answer, as a share of that before it; freeing memory costs a little.
MOST_IDLE_SHARE = 0.1
HELPERS_S = 0.03  # the system counts what ended processes took in ticks of 0.01 s
# Without the time in which a processor was missing, the two clocks agree within some per cent on a busy machine too.
MOST_WALL_EXCESS = 1.5


@dataclass(frozen=True, slots=True)
class Rounds:
    """When to stop: narrow enough after the least number of rounds, or out of rounds or of time."""

    least: int = 7
    most: int = 40
    half_width: float = 0.03
    limit_s: float = 2.0


class Series:
    """The laps of one side by one clock: T(n) and T(2n) of every round."""

    def __init__(self, launches: int) -> None:
        self.launches = launches
        self.short: list[float] = []
        self.long: list[float] = []
        self.empty: list[float] = []  # batches of no launch

    def add(self, short: float, long: float) -> None:
        self.short.append(short)
        self.long.append(long)

    @property
    def fixed(self) -> float:
        """F, the same in all rounds."""
        return float(np.median(self.empty))

    def seconds(self, fixed: float) -> list[float]:
        """Per launch, one sample a round. F is taken from all rounds at once, because one round's is mostly noise."""
        spent = np.array(self.short) + np.array(self.long) - 2 * fixed
        return [float(s) for s in spent / (3 * self.launches)]

    @property
    def plain(self) -> float:
        """Seconds per launch as a naive reading has it, F included."""
        return float(np.median(self.long)) / (2 * self.launches)


class Record:
    """Everything one side's batches told."""

    def __init__(self, launches: int) -> None:
        self.clocks = {"cpu": Series(launches), "wall": Series(launches)}
        self.awake = Series(launches)  # wall time less the time in which a processor was missing
        self.idle_cpu_s = 0.0
        self.helpers_cpu_s = 0.0  # of other processes of the job
        self.busy_cpu_s = 0.0

    def add(self, short: Lap, long: Lap) -> None:
        self.clocks["cpu"].add(short.cpu_s, long.cpu_s)
        self.clocks["wall"].add(short.wall_s, long.wall_s)
        self.awake.add(short.wall_s - short.queued_s, long.wall_s - long.queued_s)
        self.idle_cpu_s += short.idle_cpu_s + long.idle_cpu_s
        self.busy_cpu_s += short.cpu_s + long.cpu_s

    def add_empty(self, empty: Lap) -> None:
        self.clocks["cpu"].empty.append(empty.cpu_s)
        self.clocks["wall"].empty.append(empty.wall_s)


def fixed_cost(ours: Record, theirs: Record, clock: str) -> float:
    """F as the baseline tells it, and never so much that a launch would seem to take no time at all."""
    shortest = min(min(side.clocks[clock].short) for side in (ours, theirs))
    return min(theirs.clocks[clock].fixed, shortest / 2)


Audit = Callable[[Station, int, Bytes], Mismatch | None]


def launches_per_batch(seconds_per_launch: float, slots: int) -> int:
    """n, such that the 3n launches of a round have memory of their own."""
    return max(1, min(int(BATCH_S / seconds_per_launch), slots // 3, MOST_LAUNCHES))


class Ring:
    """The slots of one side, a window of 3n for each round. A window is filled when its round is over, not before the
    next one: by then the memory of all other windows has gone through the caches.
    """

    def __init__(self, station: Station, rng: Random) -> None:
        self.station, self._rng = station, rng
        self._length = 3 * station.launches
        self._windows = max(1, station.slots // self._length)
        self._turn = 0
        self._planned: dict[int, dict[int, Bytes]] = {}
        seconds = station.lap(0, 1).cpu_s  # warm: clocks up, code loaded
        station.lap(0, max(1, min(station.slots, int(WARM_UP_S / max(seconds, 1e-6)))))
        for _ in range(self._windows):
            self.renew()

    @property
    def start(self) -> int:
        return self._turn % self._windows * self._length

    @property
    def audited(self) -> dict[int, Bytes]:
        """Launches of this round that will be looked at, and their inputs as they are before the kernel can touch
        them. Drawn when the window was filled; only the driver knows them.
        """
        return self._planned[self.start]

    def renew(self) -> None:
        """Fills the window that was used, and goes on to the next."""
        station, n = self.station, self.station.launches
        station.inputs.refresh()
        station.fill(self.start, self._length)
        drawn = [(f - 1) * n + self._rng.randrange(f * n) for f in (1, 2) if self._rng.random() < AUDITED_SHARE]
        self._planned[self.start] = {self.start + slot: station.snapshot(self.start + slot) for slot in drawn}
        self._turn += 1


def measure(
    candidate: Station,
    baseline: Station,
    *,
    against: str,
    rounds: Rounds,
    clock: str,
    audit: Audit,
    rng: Random,
) -> Measurement | Rejected | Mismatch:
    """A Mismatch when the output of a timed launch was wrong."""
    records = {side: Record(side.launches) for side in (candidate, baseline)}
    helpers = candidate.clock.helpers_cpu_s()
    for side in records:
        side.fill()
    rings = {side: Ring(side, rng) for side in records}
    ours, theirs = records[candidate], records[baseline]
    deadline = time.monotonic() + rounds.limit_s
    for done in count(1):
        wrong = _round(rings[candidate], rings[baseline], records, audit, rng)
        if wrong is not None:
            return wrong
        if done >= rounds.least:
            fixed = fixed_cost(ours, theirs, clock)
            speedup = ratio_of_medians(*(side.clocks[clock].seconds(fixed) for side in (theirs, ours)))
            narrow = half_width(speedup) <= rounds.half_width
            if narrow or done >= rounds.most or time.monotonic() > deadline:
                break
    ours.idle_cpu_s += candidate.idle_cpu_s
    ours.helpers_cpu_s = candidate.clock.helpers_cpu_s() - helpers
    problem = _dishonest(ours, theirs, clock) or _lazy(candidate, ours)
    if problem is not None:
        return problem
    notes = () if narrow else (f"stopped after {done} rounds at ±{half_width(speedup):.0%}; the machine is noisy",)
    return Measurement(
        workload=candidate.workload.name,
        baseline=against,
        speedup=widened(speedup, PROCESS_SPREAD),
        candidate_s=float(np.median(ours.clocks[clock].seconds(fixed))),
        baseline_s=float(np.median(theirs.clocks[clock].seconds(fixed))),
        samples=tuple(
            Samples(name, which, tuple(found.clocks[which].seconds(fixed_cost(ours, theirs, which))))
            for name, found in (("candidate", ours), ("baseline", theirs))
            for which in found.clocks
        ),
        notes=notes,
    )


def _round(ours: Ring, theirs: Ring, records: dict[Station, Record], audit: Audit, rng: Random) -> Mismatch | None:
    """Four batches in ABBA order; which side begins, and which length, is drawn."""
    order = [ours, theirs, theirs, ours] if rng.random() < 0.5 else [theirs, ours, ours, theirs]
    laps: dict[Ring, dict[int, Lap]] = {ours: {}, theirs: {}}
    first_factor = {ring: rng.choice((1, 2)) for ring in laps}
    for ring in order:
        n = ring.station.launches
        factor = 3 - first_factor[ring] if laps[ring] else first_factor[ring]
        laps[ring][factor] = ring.station.lap(ring.start + (factor - 1) * n, factor * n)
    for ring in laps:
        records[ring.station].add(laps[ring][1], laps[ring][2])
    records[theirs.station].add_empty(theirs.station.lap(0, 0))
    wrong = _audited(ours, audit, rng)
    for ring in laps:
        ring.renew()
    return wrong


def _audited(ring: Ring, audit: Audit, rng: Random) -> Mismatch | None:
    candidate, looked_at = ring.station, dict(ring.audited)
    if candidate.native:  # all launches are looked at in one place: work that was left out shows at once
        skipped = candidate.arena.unwritten(ring.start, 3 * candidate.launches, rng.random())
        if skipped is not None:
            looked_at.setdefault(skipped, candidate.snapshot(skipped))
    return next((wrong for slot, inputs in looked_at.items() if (wrong := audit(candidate, slot, inputs))), None)


def _dishonest(ours: Record, theirs: Record, clock: str) -> Rejected | None:
    """What the two clocks, seen together, do not forgive."""
    if ours.idle_cpu_s > MOST_IDLE_SHARE * ours.busy_cpu_s + 1e-3:
        return Rejected(
            "the kernel goes on computing after it has returned",
            (f"{ours.idle_cpu_s * 1e3:.1f} ms of CPU time after the launches, {ours.busy_cpu_s * 1e3:.1f} ms in them",),
        )
    if ours.helpers_cpu_s > MOST_IDLE_SHARE * ours.busy_cpu_s + HELPERS_S:
        return Rejected(
            "the kernel works in processes of its own",
            (f"{ours.helpers_cpu_s * 1e3:.0f} ms of CPU time there, {ours.busy_cpu_s * 1e3:.0f} ms in the launches",),
        )
    if clock != "cpu":
        return None
    excess = ours.awake.plain / ours.clocks["cpu"].plain
    usual = max(1.0, theirs.awake.plain / theirs.clocks["cpu"].plain)
    if excess > MOST_WALL_EXCESS * usual:
        return Rejected(
            "wall time and CPU time disagree: the kernel waits, or works in a process that is not its own",
            (f"awake/CPU is {excess:.2f} for the kernel and {usual:.2f} for the baseline beside it",),
        )
    return None


def _lazy(candidate: Station, ours: Record) -> Rejected | None:
    """An output that costs as much to look at as it cost to make was not made when it was asked for."""
    launch = ours.clocks["cpu"].plain
    usual = COLLECT_S + sum(o.nbytes for o in candidate.workload.outputs) / COLLECT_BYTES_PER_S
    if candidate.collect_cpu_s is None or candidate.collect_cpu_s < usual + MOST_COLLECT_SHARE * launch:
        return None
    return Rejected(
        "the kernel computes its output when it is looked at, not when it is called",
        (f"{candidate.collect_cpu_s * 1e3:.2f} ms of CPU time to copy one output, {launch * 1e3:.2f} ms per launch",),
    )
