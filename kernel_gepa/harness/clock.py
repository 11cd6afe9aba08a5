"""The only place that reads a clock for a result. Both clocks are read from outside, where no kernel can touch them.

Wall time is the driver's own. CPU time is the worker's as the operating system accounts for it, read through the
process clock of its pid (clock_getcpuclockid(3)): all threads, also those that have ended, which
/proc/PID/schedstat leaves out.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.harness.connection import Connection


@dataclass(frozen=True, slots=True)
class Lap:
    """Seconds between sending a request for launches and its answer."""

    wall_s: float
    cpu_s: float
    idle_cpu_s: float  # CPU time between the previous answer and this request: work after a return
    queued_s: float  # ready to run while others had the processor: the machine's doing, not the kernel's


def _clock_id(pid: int) -> int:
    """The Linux encoding of "CPU clock of process pid": ~pid << 3 | CPUCLOCK_SCHED."""
    return (~pid << 3) | 2


def cpu_s(pid: int) -> float:
    try:
        return time.clock_gettime(_clock_id(pid))
    except OSError:
        return 0.0  # it has ended; its parent's account has it now


def _stat(pid: int) -> list[str]:
    """/proc/PID/stat after the name, which may hold anything: state, parent, …, cutime and cstime at 13 and 14."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["X"] + ["0"] * 20


def _family(root: int) -> Iterator[int]:
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from _family(int(child))


def _queued_s(schedstat: Path) -> float:
    """0 where the system does not count it."""
    try:
        return int(schedstat.read_text().split()[1]) * 1e-9
    except (OSError, IndexError):
        return 0.0


class Clock:
    """Times the batches of one worker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pid = connection.pid
        self._schedstat = Path(f"/proc/{connection.pid}/schedstat")
        self._last_cpu = self._cpu()

    def _cpu(self) -> float:
        return time.clock_gettime(_clock_id(self._pid))

    def _queued(self) -> float:
        """Seconds that the worker's main thread, and ours, waited for a processor."""
        return _queued_s(self._schedstat) + _queued_s(Path(f"/proc/self/task/{threading.get_native_id()}/schedstat"))

    def settle(self) -> float:
        """Forgets what was consumed since the last reading, by requests that are not launches, and says how much."""
        last, self._last_cpu = self._last_cpu, self._cpu()
        return self._last_cpu - last

    def helpers_cpu_s(self) -> float:
        """CPU time of all other processes of the job, living or waited for. For differences only.

        The job's tree starts at the worker's parent where the sandbox has one (the first process of its namespace,
        which inherits orphans), else at the worker.
        """
        worker = self._pid
        parent = int(_stat(worker)[1])
        family = [*_family(worker if parent == os.getpid() else parent)]
        ticks = sum(sum(map(int, _stat(pid)[13:15])) for pid in family)
        return ticks / os.sysconf("SC_CLK_TCK") + sum(cpu_s(pid) for pid in family if pid != worker)

    def lap(self, first: int, count: int, limit_s: float) -> Lap:
        """Raises what `Connection.ask` raises."""
        queued_before = self._queued()
        cpu_before = self._cpu()
        wall_before = time.perf_counter()
        self._connection.ask(limit_s, do="run", first=first, count=count)
        wall_after = time.perf_counter()
        cpu_after = self._cpu()
        idle, self._last_cpu = cpu_before - self._last_cpu, cpu_after
        return Lap(wall_after - wall_before, cpu_after - cpu_before, idle, self._queued() - queued_before)
