"""How busy the machine is with what is not ours, read from the system's own accounts."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.harness.clock import cpu_s

# Of a processor: what a machine does by itself. A thread of ours loses it now and then, and that is noise.
TOLERATED = 0.25

ACCOUNTS = Path("/proc/stat")


@dataclass(frozen=True, slots=True)
class Look:
    """All processors' busy time so far, and ours of it."""

    at: float
    busy_s: float
    ours_s: float


def look(pids: Sequence[int]) -> Look:
    return Look(time.monotonic(), busy_s(), time.process_time() + sum(map(cpu_s, pids)))


def busy_s() -> float:
    """User, nice, system, interrupts, and what the host took for other machines; 0 where it is not told."""
    try:
        first = ACCOUNTS.read_text().partition("\n")[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq, steal = (*map(int, first[:8]), *[0] * (8 - len(first[:8])))
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def others(before: Look, after: Look) -> float:
    """Processors that were busy with something else between two looks."""
    elapsed = max(after.at - before.at, 1e-3)
    return max(0.0, (after.busy_s - before.busy_s) - (after.ours_s - before.ours_s)) / elapsed


def crowded(threads: int, others: float, processors: int) -> bool:
    """Whether so many threads do not find a processor each."""
    return others > max(0, processors - threads) + TOLERATED


def processors() -> int:
    return len(os.sched_getaffinity(0))


class Watch:
    """What goes on beside us from now on. `pids` are our workers."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self.load_before = os.getloadavg()[0]
        self._began = look(pids)

    def others(self) -> float:
        return others(self._began, look(self._pids))
