"""What times of this machine are valid for: device, driver, compiler, clocks, and how they were measured."""

from __future__ import annotations

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kernel_gepa.backends.cpu import processor
from kernel_gepa.harness.driver import Settings, fingerprint
from kernel_gepa.ports import Backend, Sandbox
from kernel_gepa.report.ci.record import Fingerprint

FREQUENCY = Path("/sys/devices/system/cpu")
CLOCKS = ("cpu0/cpufreq/scaling_governor", "cpu0/cpufreq/scaling_max_freq", "cpufreq/boost", "intel_pstate/no_turbo")
NOT_TOLD = "not told by the system"


def fingerprint_of(backend: Backend, sandbox: Sandbox, settings: Settings) -> Fingerprint:
    """Of the CPU. Raises ToolchainError where there is no compiler."""
    parts = (fingerprint(backend, sandbox, settings), _package("torch"), str(settings.rounds))
    return Fingerprint(
        device=f"{processor()}, {os.cpu_count()} processors",
        driver=f"{platform.system()} {platform.release()}",
        compiler=backend.fingerprint.split(";")[0],
        clocks=clocks(),
        bench=f"{sandbox.name}, {settings.threads} thread(s), {hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}",
    )


def clocks() -> str:
    """How the processor is allowed to clock: its governor, limit and turbo, as far as they are told."""
    told = []
    for name in CLOCKS:
        try:
            told.append(f"{name.rpartition('/')[2]} {(FREQUENCY / name).read_text().strip()}")
        except OSError:
            continue
    return ", ".join(told) or NOT_TOLD


def differences(one: Fingerprint, other: Fingerprint) -> list[str]:
    """The parts in which two machines are not the same, in words."""
    names = ("device", "driver", "compiler", "clocks", "bench")
    return [
        f"{name} was {getattr(one, name)} and is {getattr(other, name)}"
        for name in names
        if getattr(one, name) != getattr(other, name)
    ]


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
