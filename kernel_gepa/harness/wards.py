"""Jobs in warm sandboxes: the driver's end of the fork server, and of the warden that watches over one job."""

from __future__ import annotations

import os
import random
import secrets
import select
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel_gepa.errors import SandboxError, SandboxLost
from kernel_gepa.harness import worker
from kernel_gepa.ports import SCRATCH, Exit, Limits, Mount, Sandbox

START_LIMIT_S = 60.0  # an interpreter starts in 0.02 s, torch in 2 s; a minute means that the machine is not well
GONE_S = 1.0  # how much later than its processes a sandbox may be heard of to have ended
END_LIMIT_S = 5.0  # what a warden may need to end its job; then the whole sandbox is ended
# All of the house that is in there.
SANDBOXED = (
    "forkserver.py", "leftovers.py", "worker.py", "returned.py", "drawing.py", "compiling.py", "counting.py",
    "inducing.py",
)  # fmt: skip
MOST_JOBS = 200  # a server is renewed now and then: whatever the system keeps of past jobs goes with it
MEMORY_BYTES = 8 << 30
MEMORY_LIMIT = "over the memory limit"  # in a job's last words
BROUGHT_BYTES = 256 << 20  # of one file that a command leaves

# Users of the jobs, none of them anybody on a usual system, and below what a rootless daemon can map.
USERS = range(20_000, 60_000)

# The server's own, and so its workers'; compilers go without. What glibc keeps by size it hands out again just where it
# was freed: a slip of 48 bytes between two temporaries, say, for an object that is held, and the two never fit there
# again. So temporaries wandered through the heap, or did not, by luck, and one module took 0.26 or 0.55 ms from worker
# to worker (docs/decisions/0004-noise.md). Without, a small tensor costs up to 70 ns more, on both sides.
SERVER_ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0"}

# The same for every job. Without the malloc settings, page faults of freshly mapped outputs make an eager reference
# look up to twice as slow as it is; passive waiting keeps OpenMP from spinning. They are read when a process starts, so
# the server has them too.
ENVIRONMENT = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "2147483647",
    "MALLOC_TOP_PAD_": "67108864",
    "OMP_WAIT_POLICY": "passive",
    "OMP_PROC_BIND": "false",
    "LC_ALL": "C.UTF-8",
}


def environment(scratch: str, threads: int, interpreter: str) -> dict[str, str]:
    """All that a job sees of an environment: no key, no home, no path of the user's."""
    return {
        **ENVIRONMENT,
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "PATH": f"{Path(interpreter).parent}:{os.defpath}",
        "HOME": scratch,
        "TMPDIR": scratch,
        "TORCH_EXTENSIONS_DIR": f"{scratch}/extensions",
        "TORCHINDUCTOR_CACHE_DIR": f"{scratch}/inductor",
        "TRITON_CACHE_DIR": f"{scratch}/triton",
    }


@dataclass(frozen=True, slots=True)
class Flavour:
    """What a fork server has loaded before it forks. Native kernels need no packages."""

    torch: bool
    threads: int = 1

    def command(self, sandbox: Sandbox) -> list[str]:
        if sandbox.python is not None:
            return [sandbox.python, "-I"] if self.torch else [sandbox.python, "-I", "-S"]
        if self.torch:
            return [sys.executable, "-I"]
        return [getattr(sys, "_base_executable", sys.executable), "-I", "-S"]

    def mounts(self, sandbox: Sandbox) -> list[Mount]:
        if sandbox.python is not None:
            return []
        prefixes = {sys.base_prefix, sys.base_exec_prefix} | ({sys.prefix, sys.exec_prefix} if self.torch else set())
        return [Mount(Path(p)) for p in sorted(prefixes) if p != "/usr" and not p.startswith("/usr/")]


class Server:
    """One warm sandbox. Jobs share it only where it can give each a user of its own."""

    def __init__(
        self, sandbox: Sandbox, folder: Path, flavour: Flavour, *, memory_bytes: int, single: bool = False
    ) -> None:
        """`single`: for one job only, as for those that must not be forks of what others were forked from."""
        folder.mkdir(parents=True)
        folder.chmod(0o711)  # who knows a room's name may enter it; nobody can list them
        self.folder, self.flavour, self._guests = folder, flavour, sandbox.guests
        for name in SANDBOXED:
            shutil.copyfile(Path(__file__).with_name(name), folder / name)
            (folder / name).chmod(0o644)
        address = folder / "driver.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(address))
            address.chmod(0o666)
            listener.listen(1)
            command = flavour.command(sandbox)
            self.interpreter = command[0]
            self.sandbox_job = sandbox.start(
                [*command, str(folder / "forkserver.py"), str(address), *(["torch"] if flavour.torch else [])],
                folder=folder,
                mounts=flavour.mounts(sandbox),
                environment=SERVER_ENVIRONMENT | environment(self._scratch(0), flavour.threads, command[0]),
                limits=Limits(memory_bytes=memory_bytes, open_files=1024),
                guests=self._guests,
            )
            try:
                self._channel = self._accept(listener)
                self._channel.settimeout(START_LIMIT_S)
                worker.receive(self._channel)
            except (EOFError, OSError) as error:
                ended = self.sandbox_job.wait(2.0)
                self.sandbox_job.kill()
                said = ended.stderr.strip() if ended else str(error)
                raise SandboxError(f"a sandbox for workers did not start: {said or ended}") from None
            except BaseException:
                self.sandbox_job.kill()
                raise
        self._users = iter(random.SystemRandom().sample(USERS, MOST_JOBS))
        self._free = list(range(max(1, self._guests)))
        self._left = 1 if single else MOST_JOBS
        self._lock = threading.Lock()
        self.broken = False

    def _accept(self, listener: socket.socket) -> socket.socket:
        deadline = time.monotonic() + START_LIMIT_S
        listener.settimeout(0.05)
        while True:
            try:
                return listener.accept()[0]
            except TimeoutError:
                if self.sandbox_job.wait(0) is not None or time.monotonic() > deadline:
                    raise

    def _scratch(self, slot: int) -> str:
        return f"{SCRATCH}/{slot}" if self._guests else str(self.folder / "scratch")

    @property
    def open(self) -> bool:
        """Whether another job can be started in it."""
        return not self.broken and bool(self._free) and self._left > 0

    def spawn(
        self,
        files: Sequence[Path],
        *,
        limits: Limits,
        command: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> Ward:
        """A worker that can read `files` in its room, or a command that finds them in its working directory."""
        room = self.folder / secrets.token_hex(16)
        room.mkdir(mode=0o755)
        for file in files:
            shutil.copyfile(file, room / file.name)
            (room / file.name).chmod(0o644)
        control, theirs = socket.socketpair()
        channel, worker_end = socket.socketpair() if not command else (None, None)
        if channel is not None:  # before anything is sent: the system writes down who sends
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        with self._lock:
            slot = self._free.pop()
            self._left -= 1
            scratch = self._scratch(slot)
            if not self._guests:
                Path(scratch).mkdir()
            request = {
                "room": str(room),
                "scratch": scratch,
                "user": next(self._users) if self._guests else None,
                "limits": {
                    "memory": limits.memory_bytes,
                    "file": limits.file_bytes,
                    "files": limits.open_files,
                    "processes": limits.processes,
                },
                "environment": environment(scratch, self.flavour.threads, self.interpreter) | dict(variables or {}),
                "command": list(command),
            }
            try:
                worker.send(self._channel, request)
                ends = [theirs, *([worker_end] if worker_end else [])]
                socket.send_fds(self._channel, [b"f"], [end.fileno() for end in ends])
            except OSError as error:
                self.close()
                raise SandboxLost(f"a sandbox for workers has ended: {error}; the next job starts another") from None
            finally:
                theirs.close()
                if worker_end is not None:
                    worker_end.close()
        return Ward(self, slot, room, limits, control, channel)

    def gone(self, within_s: float = GONE_S) -> str:
        """Why the sandbox is no more, if nothing in it has to answer for that; empty as long as it stands."""
        try:
            ended = self.sandbox_job.wait(within_s)
        except SandboxError as error:
            return str(error)
        if ended is None or MEMORY_LIMIT in ended.stderr:
            return ""
        return f"its sandbox ended with {f'signal {ended.signal}' if ended.signal else f'exit code {ended.code}'}"

    def leave(self, slot: int, *, clean: bool) -> None:
        with self._lock:
            self._free.append(slot)
            spent = self._left <= 0 and len(self._free) == max(1, self._guests)
        if not clean or spent:
            self.close()

    def close(self) -> None:
        self.broken = True
        self._channel.close()
        with suppress(SandboxLost):
            self.sandbox_job.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Ward:
    """`Job` over one job in a warm sandbox."""

    def __init__(
        self,
        server: Server,
        slot: int,
        room: Path,
        limits: Limits,
        control: socket.socket,
        channel: socket.socket | None,
    ) -> None:
        self._server, self._slot, self.room, self.limits = server, slot, room, limits
        self._control, self.channel = control, channel
        self._ended: Exit | None = None
        self.lost = ""  # why, when it ended by nobody's doing
        self._left = False
        self._brought: dict[str, int] = {}  # names and open files of what a command has left

    @property
    def server_broken(self) -> bool:
        return self._server.broken

    def wait(self, timeout_s: float) -> Exit | None:
        if self._ended is None and select.select([self._control], [], [], max(0.0, timeout_s))[0]:
            self._hear()
        return self._ended

    def _hear(self, told: dict[str, Any] | None = None) -> None:
        """The warden has begun to speak: nothing of the job is alive any more."""
        self._control.settimeout(END_LIMIT_S)
        try:
            told = told or worker.receive(self._control)
            if "files" in told:
                self._take(told["files"])
                told = worker.receive(self._control)
        except (EOFError, OSError, ValueError):
            self.lost = self._server.gone()
            told = {
                "code": -9,
                "stdout": "",
                "stderr": "",
                "oom": True,
                "own limit": True,
                "trouble": "",
                "clean": False,
            }
        self._ended = _exit(told)
        if told["oom"] and not told["own limit"] and self._ended.signal == signal.SIGKILL:
            self.lost = "the machine ran out of memory"
        self._leave(clean=bool(told["clean"]))
        if told["trouble"]:
            raise SandboxError(f"a job could not be started in its sandbox: {told['trouble']}")

    def _take(self, names: list[str]) -> None:
        if names:
            _, files, _, _ = socket.recv_fds(self._control, 1, len(names))
            self._brought = dict(zip(names, files, strict=True))

    def kill(self) -> None:
        if self._left:
            return
        with suppress(OSError):
            worker.send(self._control, {"do": "kill"})
        if self.wait(END_LIMIT_S) is None:  # a warden that does not answer: the sandbox goes, and all that is in it
            self._ended = Exit(137, 9, "", "")
            self._leave(clean=False)

    def tell(self, **request: Any) -> None:
        """What needs no answer: "pause", "resume", "processors". A job that has ended hears nothing."""
        with suppress(OSError):
            worker.send(self._control, request)

    def prune(self) -> int:
        """Ends all but the job's first process; how many that were."""
        self._control.settimeout(END_LIMIT_S)
        try:
            worker.send(self._control, {"do": "prune"})
            told = worker.receive(self._control)
        except (EOFError, OSError):
            return 0  # it has ended; whoever asks it next will hear of it
        if "pruned" in told:
            return int(told["pruned"])
        self._hear(told)
        return 0

    def _leave(self, *, clean: bool) -> None:
        self._left = True
        self._control.close()
        if self.channel is not None:
            self.channel.close()
        shutil.rmtree(self.room, ignore_errors=True)
        self._server.leave(self._slot, clean=clean)

    def bring(self, folder: Path) -> None:
        """Copies what was wanted of a command into a folder of the host's."""
        for name, file in self._brought.items():
            with os.fdopen(file, "rb") as source:
                content = source.read(BROUGHT_BYTES + 1)
            if len(content) <= BROUGHT_BYTES:
                (folder / name).write_bytes(content)
        self._brought = {}


def _exit(told: Mapping[str, Any]) -> Exit:
    code, stderr = int(told["code"]), str(told["stderr"])
    if told["oom"] and told["own limit"] and code == -9:
        stderr += f"{'' if stderr.endswith(chr(10)) or not stderr else chr(10)}killed: {MEMORY_LIMIT}\n"
    return Exit(code if code >= 0 else 128 - code, -code if code < 0 else None, str(told["stdout"]), stderr)
