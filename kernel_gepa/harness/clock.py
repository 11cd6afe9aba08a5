"""The only place that reads a clock for a result. Both clocks are read from outside, where no kernel can touch them.

Wall time is the driver's own. CPU time is the worker's as the operating system accounts for it, read through the
process clock of its pid (clock_getcpuclockid(3)): all threads, also those that have ended, which
/proc/PID/schedstat leaves out.
"""

from __future__ import annotations

import time
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


class Clock:
    """Times the batches of one worker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # The Linux encoding of "CPU clock of process pid": ~pid << 3 | CPUCLOCK_SCHED.
        self._clock_id = (~connection.pid << 3) | 2
        self._schedstat = Path(f"/proc/{connection.pid}/schedstat")
        self._last_cpu = self._cpu()

    def _cpu(self) -> float:
        return time.clock_gettime(self._clock_id)

    def _queued(self) -> float:
        """Seconds that the worker's main thread waited for a processor; 0 where the system does not count them."""
        try:
            return int(self._schedstat.read_text().split()[1]) * 1e-9
        except (OSError, IndexError):
            return 0.0

    def settle(self) -> float:
        """Forgets what was consumed since the last reading, by requests that are not launches, and says how much."""
        last, self._last_cpu = self._last_cpu, self._cpu()
        return self._last_cpu - last

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
