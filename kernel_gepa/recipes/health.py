"""What a machine can be trusted to measure."""

from __future__ import annotations

import os
import time
from pathlib import Path

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


def gpu() -> str:
    """Whether there is one. It is not used: kernels for GPUs are judged without."""
    names = sorted(path.read_text().split("Model:")[1].splitlines()[0].strip() for path in _nvidia())
    if names:
        return f"{', '.join(names)}; not used, timing on a GPU is not written yet"
    if Path("/dev/kfd").exists():
        return "one of AMD's; not used, timing on a GPU is not written yet"
    raise InfrastructureError(
        "none is here; kernels for GPUs are compiled, and those in Triton interpreted: static verdicts"
    )


def _nvidia() -> list[Path]:
    found = Path("/proc/driver/nvidia/gpus")
    return [path for path in found.glob("*/information") if "Model:" in path.read_text()] if found.is_dir() else []
