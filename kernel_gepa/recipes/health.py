"""What a machine can be trusted to measure."""

from __future__ import annotations

import os
import time

from kernel_gepa.errors import InfrastructureError


def process_clock() -> str:
    """The CPU time of another process, which is what kernels are timed by."""
    try:
        time.clock_gettime((~os.getppid() << 3) | 2)
    except (OSError, AttributeError) as error:
        raise InfrastructureError(
            f"the CPU time of another process cannot be read here ({error}); kernels are timed on Linux only"
        ) from error
    return "the CPU time of other processes can be read"


def load() -> str:
    """A busy machine is said to be one: its intervals will be wide."""
    running, cores = os.getloadavg()[0], os.cpu_count() or 1
    busy = "; it is busy, intervals will be wide" if running > cores / 2 else ""
    return f"{running:.1f} on {cores} cores{busy}"
