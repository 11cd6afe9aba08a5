"""Bubblewrap: own namespaces, no network, a read-only system, and only the job's own folder to write to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from kernel_gepa.errors import SandboxError
from kernel_gepa.ports import Exit, Job, Limits, Mount
from kernel_gepa.sandbox.process import ProcessJob, limited

# The system that compilers and interpreters need; nothing of a home, of /etc only what the loader reads.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")


class Bubblewrap:
    name = "bubblewrap"
    isolates = True

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        mounts: Sequence[Mount] = (),
        environment: Mapping[str, str],
        limits: Limits,
    ) -> Job:
        problem = unavailable()
        if problem:
            raise SandboxError(problem)
        wrapped = [*arguments(folder, mounts, environment), *limited(command, limits)]
        return _BubbleJob(wrapped, folder=folder, environment={})


class _BubbleJob(ProcessJob):
    def wait(self, timeout_s: float) -> Exit | None:
        """bwrap tells a child's signal as 128 + its number, and its own failure as exit 1 with its name in front."""
        found = super().wait(timeout_s)
        if found is None:
            return None
        if found.code == 1 and found.stderr.startswith("bwrap: "):
            raise SandboxError(f"bubblewrap could not start the job: {found.stderr.strip()}")
        return replace(found, signal=found.code - 128) if found.code > 128 else found


def arguments(folder: Path, mounts: Sequence[Mount], environment: Mapping[str, str]) -> list[str]:
    found = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for path in SYSTEM:
        if os.path.islink(path):  # noqa: PTH114  a merged /usr: /bin is a link and stays one
            found += ["--symlink", os.readlink(path), path]  # noqa: PTH115
        else:
            found += ["--ro-bind-try", path, path]
    found += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for mount in (*mounts, Mount(folder, writable=True)):
        found += ["--bind" if mount.writable else "--ro-bind", str(mount.path), str(mount.path)]
    for name, value in environment.items():
        found += ["--setenv", name, value]
    return [*found, "--chdir", str(folder), "--"]


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


def create() -> Bubblewrap:
    return Bubblewrap()
