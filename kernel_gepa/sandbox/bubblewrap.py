"""Bubblewrap: own namespaces, no network, a read-only system, and only the job's own folder to write to."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import IO

from kernel_gepa.errors import SandboxError
from kernel_gepa.ports import SCRATCH, SCRATCH_BYTES, Exit, Job, Limits, Mount
from kernel_gepa.sandbox import seccomp
from kernel_gepa.sandbox.process import ProcessJob, limited

# The system that compilers and interpreters need; nothing of a home, of /etc only what the loader reads.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
GUESTS = 8
SIGNALS = {int(s) for s in signal.valid_signals()}


class Bubblewrap:
    name = "bubblewrap"
    isolates = True
    python: str | None = None

    @property
    def guests(self) -> int:
        """Only root can give each job a user of its own; others start a sandbox for each job."""
        return GUESTS if os.geteuid() == 0 and _sizes_scratch() else 0

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        mounts: Sequence[Mount] = (),
        environment: Mapping[str, str],
        limits: Limits,
        guests: int = 0,
    ) -> Job:
        problem = unavailable()
        if problem:
            raise SandboxError(problem)
        return _BubbleJob(arguments(folder, mounts, environment, guests), limited(command, limits), folder)


class _BubbleJob(ProcessJob):
    """bwrap reports on a file of its own whether the command ran: what the command says cannot pass for it."""

    def __init__(self, wrapper: Sequence[str], command: Sequence[str], folder: Path) -> None:
        self._status: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the job
        report = self._status.fileno()
        with seccomp.bubblewraps_filter() as (flags, handed):
            wrapped = [*wrapper, "--json-status-fd", str(report), *flags, "--", *command]
            super().__init__(wrapped, folder=folder, environment={}, handed=(report, *handed))

    def wait(self, timeout_s: float) -> Exit | None:
        """bwrap tells a child's signal as 128 + its number."""
        found = super().wait(timeout_s)
        if found is None:
            return None
        if not self._ran:
            raise SandboxError(f"bubblewrap could not start the job: {found.stderr.strip() or found}")
        return replace(found, signal=found.code - 128) if found.code - 128 in SIGNALS else found

    def kill(self) -> None:
        super().kill()
        self._status.close()

    @property
    def _ran(self) -> bool:
        if not self._status.closed:
            self._status.seek(0)
            self._reported = self._status.read()
        return b'"exit-code"' in self._reported


def arguments(folder: Path, mounts: Sequence[Mount], environment: Mapping[str, str], guests: int = 0) -> list[str]:
    # A namespace of users would hold only one, so guests go without; what they start with is taken from them instead.
    namespaces = ["ipc", "pid", "net", "uts", "cgroup-try"] if guests else ["all"]
    found = ["bwrap", *(f"--unshare-{name}" for name in namespaces), "--die-with-parent", "--new-session"]
    found += ["--cap-drop", "ALL", "--clearenv"]
    for right in ("SETUID", "SETGID", "CHOWN") if guests else ():
        found += ["--cap-add", f"CAP_{right}"]
    found += ["--perms", "0755", "--dir", "/etc"]  # else a guest reaches no compiler through /etc/alternatives
    for path in SYSTEM:
        if os.path.islink(path):  # noqa: PTH114  a merged /usr: /bin is a link and stays one
            found += ["--symlink", os.readlink(path), path]  # noqa: PTH115
        else:
            found += ["--ro-bind-try", path, path]
    found += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for slot in range(guests):
        found += ["--perms", "0711", "--size", str(SCRATCH_BYTES), "--tmpfs", f"{SCRATCH}/{slot}"]
    shown = (*mounts, Mount(folder, writable=not guests))
    for parent in sorted({parent for mount in shown for parent in mount.path.parents} - {Path("/")}) if guests else ():
        found += ["--perms", "0755", "--dir", str(parent)]  # else they are closed to everybody but root
    for mount in shown:
        found += ["--bind" if mount.writable else "--ro-bind", str(mount.path), str(mount.path)]
    for name, value in environment.items():
        found += ["--setenv", name, value]
    # Who is root outside could write the system's settings in /proc/sys from in here, capabilities or not.
    return [*found, "--remount-ro", "/proc", "--remount-ro", "/", "--chdir", str(folder)]


@cache
def unavailable() -> str | None:
    """Why bubblewrap cannot be used on this machine, or None. Some kernels forbid user namespaces."""
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed; install the package bubblewrap"
    probe = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]
    try:
        done = subprocess.run(probe, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start: {error}"
    if done.returncode:
        return f"bubblewrap does not work here: {done.stderr.strip() or f'exit {done.returncode}'}"
    return None


@cache
def _sizes_scratch() -> bool:
    """Older ones cannot give a tmpfs a size."""
    try:
        told = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "--size" in told


def create() -> Bubblewrap:
    return Bubblewrap()
