"""What the batches of one side told, and what the clocks, seen together, do not forgive."""

from __future__ import annotations

import numpy as np

from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Rejected
from kernel_gepa.harness.clock import Lap
from kernel_gepa.harness.station import Station
from kernel_gepa.statistics import median

# CPU time of copying an output out of a Python kernel: a request, and memory at the speed of a slow machine.
COLLECT_S = 0.5e-3
COLLECT_BYTES_PER_S = 1e9
MOST_COLLECT_SHARE = 0.5  # of a launch, beyond that
# CPU time after the answer, as a share of that before it; freeing memory costs a little.
MOST_IDLE_SHARE = 0.1
HELPERS_S = 0.03  # the system counts what ended processes took in ticks of 0.01 s
# Without the time in which a processor was missing, the two clocks agree within some per cent on a busy machine too.
MOST_WALL_EXCESS = 1.5


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

    @property
    def at_most(self) -> Estimate:
        """The same with its noise: what a launch does not take more than, whoever paid for F."""
        return median([long / (2 * self.launches) for long in self.long])


class Record:
    """Everything one side's batches told."""

    def __init__(self, launches: int) -> None:
        self.clocks = {"cpu": Series(launches), "wall": Series(launches)}
        self.awake = Series(launches)  # wall time less the time in which a processor was missing
        self.idle_cpu_s = 0.0
        self.helpers_cpu_s = 0.0  # of other processes of the job
        self.busy_cpu_s = 0.0
        self.queued_s = 0.0
        self.wall_s = 0.0
        self.counts: list[bool] = []  # by round: whether the processor was ours alone

    def seconds(self, clock: str, fixed: float) -> list[float]:
        """Per launch, of the rounds that count."""
        found = self.clocks[clock].seconds(fixed)
        return [second for second, counts in zip(found, self.counts, strict=True) if counts]

    def add(self, short: Lap, long: Lap) -> None:
        self.clocks["cpu"].add(short.cpu_s, long.cpu_s)
        self.clocks["wall"].add(short.wall_s, long.wall_s)
        self.awake.add(short.wall_s - short.queued_s, long.wall_s - long.queued_s)
        self.idle_cpu_s += short.idle_cpu_s + long.idle_cpu_s
        self.busy_cpu_s += short.cpu_s + long.cpu_s
        self.queued_s += short.queued_s + long.queued_s
        self.wall_s += short.wall_s + long.wall_s

    def add_empty(self, empty: Lap) -> None:
        self.clocks["cpu"].empty.append(empty.cpu_s)
        self.clocks["wall"].empty.append(empty.wall_s)


def fixed_cost(ours: Record, theirs: Record, clock: str) -> float:
    """F as the baseline tells it, and never so much that a launch would seem to take no time at all."""
    shortest = min(min(side.clocks[clock].short) for side in (ours, theirs))
    return min(theirs.clocks[clock].fixed, shortest / 2)


def dishonest(ours: Record, theirs: Record, clock: str) -> Rejected | None:
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


def lazy(candidate: Station, ours: Record) -> Rejected | None:
    """An output that costs as much to look at as it cost to make was not made when it was asked for."""
    launch = ours.clocks["cpu"].plain
    usual = COLLECT_S + sum(o.nbytes for o in candidate.workload.outputs) / COLLECT_BYTES_PER_S
    if candidate.collect_cpu_s is None or candidate.collect_cpu_s < usual + MOST_COLLECT_SHARE * launch:
        return None
    return Rejected(
        "the kernel computes its output when it is looked at, not when it is called",
        (f"{candidate.collect_cpu_s * 1e3:.2f} ms of CPU time to copy one output, {launch * 1e3:.2f} ms per launch",),
    )
