"""A process group with its output caught in files: what the sandboxes without a daemon have in common."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from kernel_gepa.errors import SandboxError
from kernel_gepa.ports import Exit, Limits

# The last bytes of each stream are kept: a compiler's or an interpreter's last words say the most.
KEPT_BYTES = 16 << 10


def limited(command: Sequence[str], limits: Limits) -> list[str]:
    """`command` behind util-linux's prlimit, which also binds what a supervisor forks before we could."""
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        raise SandboxError("prlimit is missing, so limits cannot be set; install the package util-linux")
    flags = ["--core=0"]
    # RLIMIT_DATA counts private memory. RLIMIT_AS would count torch's many gigabytes of mere address space too.
    # RLIMIT_NPROC counts all processes of the user, ours too, so a number for one job cannot be said with it.
    wanted = {"data": limits.memory_bytes, "fsize": limits.file_bytes, "nofile": limits.open_files}
    flags += [f"--{name}={value}" for name, value in wanted.items() if value is not None]
    return [prlimit, *flags, "--", *command]


class ProcessJob:
    """`Job` over one process group. Streams go to unnamed files: a flood cannot block us, nor fill our memory."""

    def __init__(self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> None:
        self._out: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the job
        self._err: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the job
        try:
            self._process = subprocess.Popen(
                list(command),
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=self._out,
                stderr=self._err,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"cannot start {command[0]}: {error}") from error

    def wait(self, timeout_s: float) -> Exit | None:
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        return Exit(code=code, signal=-code if code < 0 else None, stdout=_tail(self._out), stderr=_tail(self._err))

    def kill(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.wait()


def _tail(stream: IO[bytes]) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - KEPT_BYTES))
    text = stream.read().decode(errors="replace")
    return text if size <= KEPT_BYTES else f"[{size - KEPT_BYTES} bytes left out]\n{text}"
