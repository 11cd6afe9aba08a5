"""A process tree with its output caught in files: what the sandboxes without a daemon have in common."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from kernel_gepa.errors import SandboxError
from kernel_gepa.ports import Exit, Limits

# The last bytes of each stream are kept: a compiler's or an interpreter's last words say the most.
KEPT_BYTES = 16 << 10
END_LIMIT_S = 10.0


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
    """`Job` over one process tree. Streams go to unnamed files: a flood cannot block us, nor fill our memory."""

    def __init__(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], handed: Sequence[int] = ()
    ) -> None:
        self._ended: Exit | None = None
        self._killed = False
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
                pass_fds=handed,
            )
        except OSError as error:
            self._out.close()
            self._err.close()
            raise SandboxError(f"cannot start {command[0]}: {error}") from error

    def wait(self, timeout_s: float) -> Exit | None:
        if self._ended is None:
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                return None
            self._ended = self._exit()
        return self._ended

    def _exit(self) -> Exit:
        code = self._process.returncode
        return Exit(code=code, signal=-code if code < 0 else None, stdout=_tail(self._out), stderr=_tail(self._err))

    def kill(self) -> None:
        if self._killed:  # once: its number may belong to another process by now
            return
        self._killed = True
        tree = descendants(self._process.pid)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pid in tree:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        _await_end(tree)
        if self._ended is None:
            self._ended = self._exit()
        self._out.close()
        self._err.close()


def descendants(pid: int) -> list[int]:
    """The living tree below a process, as the system tells it: sessions and groups do not hide from it.

    What a dead parent has left behind is not in it; a sandbox with a process namespace of its own ends that too.
    """
    found: list[int] = []
    pending = [pid]
    while pending:
        with suppress(OSError):  # it has ended meanwhile
            for task in list(Path(f"/proc/{pending.pop()}/task").glob("*/children")):
                children = [int(c) for c in task.read_text().split()]
                found += children
                pending += children
    return found


def _await_end(pids: Sequence[int]) -> None:
    deadline = time.monotonic() + END_LIMIT_S
    for pid in pids:
        while _alive(pid):
            if time.monotonic() > deadline:
                raise SandboxError(f"process {pid} of a job cannot be ended; is it stuck in the system?")
            time.sleep(0.002)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def _tail(stream: IO[bytes]) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - KEPT_BYTES))
    text = stream.read().decode(errors="replace")
    return text if size <= KEPT_BYTES else f"[{size - KEPT_BYTES} bytes left out]\n{text}"
