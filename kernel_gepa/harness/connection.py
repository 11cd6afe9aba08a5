"""The driver's end of the socket to one worker, and the sandboxed job behind it."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel_gepa.errors import SandboxError
from kernel_gepa.harness import worker
from kernel_gepa.ports import Exit, Limits, Mount, Sandbox

# The same for every worker, candidate or reference. Without the malloc settings, page faults of a freshly mapped
# output make an eager reference look up to twice as slow as it is; passive waiting keeps OpenMP from spinning.
ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "2147483647",
    "MALLOC_TOP_PAD_": "67108864",
    "OMP_WAIT_POLICY": "passive",
    "OMP_PROC_BIND": "false",
    "LC_ALL": "C.UTF-8",
}

START_LIMIT_S = 60.0  # an interpreter starts in 0.02 s; a minute means that the machine is not well
MEMORY_BYTES = 8 << 30


class WorkerFailed(Exception):
    """A request that was not answered as asked, by the worker behind `connection`."""

    def __init__(self, connection: Connection, what: str) -> None:
        super().__init__(what)
        self.connection = connection


class WorkerGone(WorkerFailed):
    """The worker ended in the middle of a request, or answered what no worker answers."""

    def __init__(self, connection: Connection, ended: Exit | None, what: str) -> None:
        super().__init__(connection, what)
        self.ended = ended


class WorkerSilent(WorkerFailed):
    """No answer within the limit; the worker has been killed."""

    def __init__(self, connection: Connection, limit_s: float) -> None:
        super().__init__(connection, f"no answer within {limit_s:g} s")
        self.limit_s = limit_s


class WorkerRefused(WorkerFailed):
    """The worker answered with an error: `kind` is "unfit" or "raised", in the worker's own words."""

    def __init__(self, connection: Connection, kind: str, text: str, trace: str) -> None:
        super().__init__(connection, text)
        self.kind, self.text, self.trace = kind, text, trace


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start workers: the interpreter with or without its packages, and the threads they may use."""

    sandbox: Sandbox
    threads: int = 1


class _Deadline:
    """A socket's own timeout begins anew with every byte; this one does not."""

    def __init__(self, channel: socket.socket, limit_s: float) -> None:
        self._channel, self._ends = channel, time.monotonic() + limit_s

    def recv(self, size: int, /) -> bytes:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._channel.settimeout(left)
        return self._channel.recv(size)


class Connection:
    """One living worker. Close it; closing kills the whole tree of processes."""

    def __init__(self, launch: Launch, folder: Path, *, torch: bool, mounts: tuple[Mount, ...] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        script = folder / "worker.py"
        shutil.copyfile(worker.__file__, script)
        address = folder / "driver.sock"
        address.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(address))
        listener.listen(1)
        self._job = launch.sandbox.start(
            [*interpreter(torch=torch), str(script), str(address)],
            folder=folder,
            mounts=[*mounts, *python_mounts(torch=torch)],
            environment=environment(folder, launch.threads),
            limits=Limits(memory_bytes=MEMORY_BYTES),
        )
        try:
            self._channel = self._accept(listener)
        except BaseException:
            self._job.kill()
            raise
        finally:
            listener.close()
        self._turn = 0
        # Who connected, in our own numbering of processes: the worker cannot tell us another one.
        credentials = self._channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        self.pid: int = struct.unpack("3i", credentials)[0]

    def _accept(self, listener: socket.socket) -> socket.socket:
        deadline = time.monotonic() + START_LIMIT_S
        listener.settimeout(0.05)
        while True:
            try:
                return listener.accept()[0]
            except TimeoutError:
                ended = self._job.wait(0)
                if ended is not None:
                    raise SandboxError(f"a worker did not start: {ended.stderr.strip() or ended}") from None
                if time.monotonic() > deadline:
                    raise SandboxError(f"a worker did not start within {START_LIMIT_S:g} s") from None

    def ask(self, limit_s: float, /, **request: Any) -> dict[str, Any]:
        """Raises WorkerRefused, WorkerGone or WorkerSilent."""
        try:
            answer = self._exchange(request, limit_s)
        except TimeoutError:
            self.close()
            raise WorkerSilent(self, limit_s) from None
        except (EOFError, OSError):
            raise WorkerGone(self, self._job.wait(2.0), "the worker ended") from None
        except (ValueError, RecursionError) as error:
            self.close()
            raise WorkerGone(self, None, f"the worker answered out of turn: {error}") from None
        if "error" in answer:
            raise WorkerRefused(self, str(answer["error"]), clip(answer.get("text")), clip(answer.get("trace")))
        return answer

    def _exchange(self, request: dict[str, Any], limit_s: float) -> dict[str, Any]:
        self._turn += 1
        answering = _Deadline(self._channel, limit_s)
        self._channel.settimeout(limit_s)
        worker.send(self._channel, {**request, "turn": self._turn})
        answer = worker.receive(answering)
        if answer.get("turn") != self._turn:
            raise ValueError(f"an answer to request {answer.get('turn')!r}, not to request {self._turn}")
        return answer

    def close(self) -> None:
        self._channel.close()
        self._job.kill()


def clip(value: object, limit: int = 4000) -> str:
    """A worker's words, not longer than anybody reads."""
    text = str(value or "")
    return text if len(text) <= limit else text[:limit] + f"\n[{len(text) - limit} characters left out]"


def environment(folder: Path, threads: int) -> Mapping[str, str]:
    """All that a worker sees of an environment: no key, no home, no path of the user's."""
    return {
        **ENVIRONMENT,
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "TORCH_EXTENSIONS_DIR": str(folder / "extensions"),
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"),
        "TRITON_CACHE_DIR": str(folder / "triton"),
    }


def interpreter(*, torch: bool) -> list[str]:
    """Native kernels need no packages, and an interpreter without them starts in 0.02 s instead of 1.3 s."""
    return [sys.executable, "-I"] if torch else [getattr(sys, "_base_executable", sys.executable), "-I", "-S"]


def python_mounts(*, torch: bool) -> list[Mount]:
    prefixes = {sys.base_prefix, sys.base_exec_prefix} | ({sys.prefix, sys.exec_prefix} if torch else set())
    return [Mount(Path(p)) for p in sorted(prefixes) if p != "/usr" and not p.startswith("/usr/")]
