"""The driver's end of the socket to one worker, and the sandboxed job behind it."""

from __future__ import annotations

import platform
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from kernel_gepa.errors import SandboxError, SandboxLost
from kernel_gepa.harness import seal, worker
from kernel_gepa.harness.wards import Ward
from kernel_gepa.ports import Exit, Limits

CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid

SEAL_LIMIT_S = 10.0
LAST_WORDS_S = 2.0
HELLO_LIMIT_S = 20.0  # a fork takes some milliseconds; this long means that the machine is not well


class WorkerFailed(Exception):
    """A request that was not answered as asked, by the worker behind `connection`."""

    def __init__(self, connection: Connection, what: str) -> None:
        super().__init__(what)
        self.connection = connection


class WorkerLost(SandboxLost):
    """The sandbox around a worker or a compiler ended under it: the first time nobody has to answer for that."""

    def __init__(self, trust: str, why: str) -> None:
        advice = "is there enough memory, and does nobody else end our sandboxes?"
        super().__init__(f"the {trust}'s process was lost: {why}; {advice}")
        self.trust = trust


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
    """One living worker. Close it; closing ends the whole tree of processes."""

    def __init__(self, ward: Ward, trust: str) -> None:
        assert ward.channel is not None, "a command is not a worker"
        self._ward, self._channel, self._trust = ward, ward.channel, trust
        self._turn = 0
        try:
            self.pid = self._hello()
        except BaseException:
            ward.kill()
            raise

    def _hello(self) -> int:
        """Its number in our own counting of processes, as the system tells it: the worker cannot tell us another."""
        self._channel.settimeout(HELLO_LIMIT_S)
        try:
            said, notes, _, _ = self._channel.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size))
        except OSError as error:
            said, notes, trouble = b"", [], str(error)
        else:
            trouble = "it ended"
        if not said or not notes:
            ended = self._ward.wait(LAST_WORDS_S)
            if self._ward.lost:
                raise WorkerLost(self._trust, self._ward.lost)
            raise SandboxError(f"a worker did not start: {ended.stderr.strip() if ended else trouble}")
        pid: int = CREDENTIALS.unpack(notes[0][2])[0]
        return pid

    @property
    def room(self) -> Path:
        """Where the worker finds its files, and can write nothing."""
        return self._ward.room

    @property
    def stands(self) -> bool:
        """False when its sandbox is known to have ended."""
        return not self._ward.lost and not self._ward.server_broken

    @property
    def limits(self) -> Limits:
        return self._ward.limits

    def prune(self) -> int:
        """Ends what the worker has started beside itself; how many processes that were."""
        return self._ward.prune()

    def seal(self) -> bool:
        """Ends what the worker has started beside itself and lets it start nothing more; False if it would not."""
        self._ward.prune()
        if not seal.known():
            return True
        before = seal.filters(self.pid)
        with suppress(WorkerRefused):
            call = seal.SECCOMP[platform.machine()]
            self.ask(SEAL_LIMIT_S, do="seal", call=call, program=seal.only_threads().hex())
        return seal.filters(self.pid) > before

    def ask(self, limit_s: float, /, **request: Any) -> dict[str, Any]:
        """Raises WorkerRefused, WorkerGone or WorkerSilent. An `arena` is handed over as the open file that it is."""
        try:
            answer = self._exchange(request, limit_s)
        except TimeoutError:
            self.close()
            raise WorkerSilent(self, limit_s) from None
        except (EOFError, OSError):
            ended = self._ward.wait(LAST_WORDS_S)
            if self._ward.lost:
                raise WorkerLost(self._trust, self._ward.lost) from None
            raise WorkerGone(self, ended, "the worker ended") from None
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
        arena = request.pop("arena", None)
        worker.send(self._channel, {**request, "turn": self._turn})
        if arena is not None:
            socket.send_fds(self._channel, [b"m"], [arena.file])
        answer = worker.receive(answering)
        if answer.get("turn") != self._turn:
            raise ValueError(f"an answer to request {answer.get('turn')!r}, not to request {self._turn}")
        return answer

    def end(self) -> None:
        """Begins what `close` waits for: of two workers the one ends beside the other."""
        self._ward.tell(do="kill")

    def close(self) -> None:
        self._ward.kill()


def clip(value: object, limit: int = 4000) -> str:
    """A worker's words, not longer than anybody reads."""
    text = str(value or "")
    return text if len(text) <= limit else text[:limit] + f"\n[{len(text) - limit} characters left out]"
