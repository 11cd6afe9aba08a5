"""Where workers come from: warm sandboxes, apart for each kind of trust, used again as long as they stay clean."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from kernel_gepa.harness import beside
from kernel_gepa.harness.connection import Connection, WorkerLost
from kernel_gepa.harness.wards import MEMORY_BYTES, Flavour, Server, Ward
from kernel_gepa.ports import Exit, Job, Limits, Mount, Sandbox

# Never in one sandbox: what defines right and wrong, what is compared with, and what is judged.
REFERENCE, BASELINE, CANDIDATE = "reference", "baseline", "candidate"
COMPILER = "compiler"  # in a sandbox with candidates: what it reads is theirs


class Workers:
    """Hands out workers, and runs commands, in sandboxes of one kind. A context manager."""

    def __init__(self, sandbox: Sandbox, folder: Path, threads: int = 1, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self.sandbox, self.threads, self._folder = sandbox, threads, folder
        self._limits = Limits(memory_bytes=memory_bytes)
        self._servers: dict[tuple[str, bool], list[Server]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def worker(self, trust: str, *, torch: bool, files: Sequence[Path] = (), fresh: bool = False) -> Connection:
        """A new process that can read `files` in its room. `fresh`: not forked from a process that others came from."""
        if fresh:
            return Connection(self._new(torch=torch, single=True).spawn(files, limits=self._limits), trust)
        with self._lock:
            return Connection(self._server(trust, torch=torch).spawn(files, limits=self._limits), trust)

    @property
    def commands(self) -> Sandbox:
        """A sandbox in which a warden ends what commands leave behind, and which starts them by a fork where it can."""
        return _Commands(self)

    def command(
        self, command: Sequence[str], files: Sequence[Path], environment: Mapping[str, str], limits: Limits
    ) -> Ward:
        with self._lock:
            server = self._server(CANDIDATE, torch=False)
            return server.spawn(files, limits=limits, command=command, variables=environment)

    def _server(self, trust: str, *, torch: bool) -> Server:
        known = [s for s in self._servers.get((trust, torch), []) if not s.broken]
        found = next((s for s in known if s.open), None) or self._new(torch=torch, single=not self.sandbox.guests)
        self._servers[trust, torch] = [found, *(s for s in known if s is not found)]
        return found

    def _new(self, *, torch: bool, single: bool) -> Server:
        folder = self._folder / f"rooms-{secrets.token_hex(4)}"
        memory = max(self._limits.memory_bytes or 0, MEMORY_BYTES)  # of all jobs together, with compilers among them
        return Server(self.sandbox, folder, Flavour(torch, self.threads), memory_bytes=memory, single=single)

    def forget_the_lost(self) -> None:
        """Those that have ended while nobody looked: what is started next finds another one."""
        with self._lock:
            for server in [s for group in self._servers.values() for s in group]:
                if not server.broken and server.gone(0.0):
                    server.close()

    def stand(self) -> None:
        """Raises SandboxError where even a worker that holds nothing cannot be had."""
        self.worker(CANDIDATE, torch=False, fresh=True).close()

    def close(self) -> None:
        for servers in self._servers.values():
            for server in servers:
                server.close()
        self._servers = {}


class _Commands:
    """`Sandbox` over warm ones: a command gets copies of the files in its folder, and what it leaves is copied back."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.name, self.isolates = workers.sandbox.name, workers.sandbox.isolates
        self.guests, self.python = 0, workers.sandbox.python

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
        if mounts or guests:
            return self._workers.sandbox.start(
                command, folder=folder, mounts=mounts, environment=environment, limits=limits, guests=guests
            )
        beside.turn()
        files = [path for path in folder.iterdir() if path.is_file()]
        # Variables that name the folder name the scratch already.
        variables = {name: value for name, value in environment.items() if value != str(folder)}
        return _Command(self._workers.command(command, files, variables, limits), folder)


class _Command:
    def __init__(self, ward: Ward, folder: Path) -> None:
        self._ward, self._folder = ward, folder

    def wait(self, timeout_s: float) -> Exit | None:
        ended = beside.wait(self._ward, timeout_s)
        if self._ward.lost:
            raise WorkerLost(COMPILER, self._ward.lost)
        if ended is not None:
            self._ward.bring(self._folder)
        return ended

    def kill(self) -> None:
        self._ward.kill()
        self._ward.bring(self._folder)
