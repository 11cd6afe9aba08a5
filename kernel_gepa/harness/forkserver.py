"""Runs inside a sandbox as long as it stands, and forks one job after another in it: workers, and compilers.

It imports nothing of the package; the sandbox holds this file, and beside it leftovers.py, worker.py, returned.py,
drawing.py, counting.py and inducing.py.

Three kinds of processes:

    server   holds what is slow to start (torch), computes nothing, and forks a warden for every job it is told of
    warden   the job's subreaper: hears of its end, ends whatever the job has left behind, empties its scratch
    job      a worker or a command; another user than all jobs before it where the sandbox can tell users apart

A job cannot touch its warden then, nor leave anything for the next one: it owns one scratch folder, which is emptied.
Where users cannot be told apart the whole sandbox is thrown away with its one job.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import select
import signal
import socket
import stat
import struct
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kernel_gepa.harness import compiling, counting, drawing, inducing, leftovers, returned, worker
else:
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  isolated mode leaves it out
    import compiling  # noqa: F401  for jobs, which are forked with it
    import counting  # noqa: F401  likewise
    import drawing  # noqa: F401  likewise
    import inducing  # noqa: F401  likewise
    import leftovers
    import returned  # noqa: F401  likewise
    import worker

KEPT_BYTES = 16 << 10  # of each stream: last words say the most
MOST_FILES = 16  # that a command may leave for the driver
OUR_FILES = 3  # standard input, output and error
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 36, 38
CAPABILITIES_3 = 0x20080522  # the version of capset's structures: capset(2)
RLIMIT_MSGQUEUE = 12
OOM_COUNTS = ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events")
LIMIT_COUNTS = ("/sys/fs/cgroup/memory/memory.failcnt", "/sys/fs/cgroup/memory/memory.memsw.failcnt")
TURNS = {"pause": signal.SIGSTOP, "resume": signal.SIGCONT}

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.connect(sys.argv[1])
    gc.disable()  # a collection inside a timed launch would be noise, and would copy pages that jobs share
    if "torch" in sys.argv[2:]:
        import torch

        torch.set_num_threads(1)  # a pool of threads does not survive a fork
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # wardens are not waited for
    worker.send(channel, {"ready": True})
    while True:
        try:
            request = worker.receive(channel)
        except EOFError:
            return
        _, files, _, _ = socket.recv_fds(channel, 1, 2)
        if os.fork() == 0:
            channel.close()
            _warden(request, files)
        for file in files:
            os.close(file)


def _warden(request: dict[str, Any], files: list[int]) -> None:
    """Never returns."""
    code = 1
    try:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # nor can a job of the same user look into it
        Warden(request, socket.socket(fileno=files[0]), files[1:]).watch()
        code = 0
    finally:
        os._exit(code)


class Warden:
    """Watches over one job from before its birth until nothing is left of it."""

    def __init__(self, request: dict[str, Any], control: socket.socket, channel: list[int]) -> None:
        self._control, self._user, self._scratch = control, request["user"], request["scratch"]
        self._room, self._bring = request["room"], bool(request.get("command"))
        self._killed_before, self._limited_before = _oom_kills(), _limit_met()
        self._wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        if self._user is not None:
            os.chmod(self._scratch, 0o700)  # noqa: PTH101
            os.chown(self._scratch, self._user, self._user)
        self._streams: dict[int, bytearray] = {}
        self._seen: dict[int, int] = {}
        ends = [self._stream() for _ in ("stdout", "stderr")]
        troubled, trouble = os.pipe2(os.O_CLOEXEC)
        self._job = os.fork()
        if self._job == 0:
            _become(request, channel, ends, trouble)
        for file in (*ends, *channel, trouble):
            os.close(file)
        # It closes with the job's beginning. What the job is told before that would not reach it: it is not yet the
        # user who may be signalled.
        with os.fdopen(troubled, "rb") as told:
            self._trouble = told.read(KEPT_BYTES).decode()
        self._status: int | None = None

    def _stream(self) -> int:
        ours, theirs = os.pipe2(os.O_CLOEXEC)
        self._streams[ours], self._seen[ours] = bytearray(), 0
        return theirs

    def watch(self) -> None:
        listening = [self._control.fileno(), self._wake, *self._streams]
        while self._status is None:
            for ready in select.select(listening, [], [])[0]:
                if ready in self._streams:
                    if not self._drain(ready):
                        listening.remove(ready)
                elif ready == self._wake:
                    self._reap()
                elif self._told() == "kill":
                    self._end_all()
        self._end_all()
        for stream in self._streams:
            os.set_blocking(stream, False)
            while self._drain(stream):
                pass
        told = self._report()
        self._hand_out()
        told["clean"] = self._empty()
        with suppress(OSError):
            worker.send(self._control, told)

    def _told(self) -> str:
        """What the driver wants. That it is gone means that nobody wants the job any more."""
        try:
            request = worker.receive(self._control)
        except (EOFError, OSError, ValueError):
            return "kill"
        wanted = str(request["do"])
        if wanted == "prune":
            worker.send(self._control, {"pruned": self._end_others()})
        elif wanted in TURNS:
            self._signal(TURNS[wanted])
        elif wanted == "processors":
            pids = leftovers.below(os.getpid())
            self._as_user(lambda: leftovers.move(pids, request["processors"]))
        return wanted

    def _signal(self, number: int) -> None:
        """To all of the job: all at once where it has a user of its own, so that no fork slips in between."""
        if self._user is not None:
            self._as_user(lambda: os.kill(-1, number))
        else:
            leftovers.kill(leftovers.below(os.getpid()), number)

    def _drain(self, stream: int) -> bool:
        try:
            part = os.read(stream, 1 << 16)
        except BlockingIOError:
            return False
        kept = self._streams[stream]
        kept += part
        del kept[:-KEPT_BYTES]
        self._seen[stream] += len(part)
        return bool(part)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wake, 4096)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._job:
                self._status = status

    def _end_others(self) -> int:
        """Ends all but the job's first process: what a finished phase has left behind must not reach into the next."""
        ended = 0
        while others := [pid for pid in leftovers.below(os.getpid()) if pid != self._job and leftovers.alive(pid)]:
            self._as_user(lambda pids=others: leftovers.kill(pids))
            self._reap()
            ended = max(ended, len(others))
            time.sleep(0.001)
        return ended

    def _end_all(self) -> None:
        """As a subreaper we inherit what a job has left behind: when nobody is our child, nothing is left."""
        while _has_children():
            self._signal(signal.SIGKILL)
            with suppress(ChildProcessError):
                pid, status = os.waitpid(-1, 0)
                if pid == self._job:
                    self._status = status

    def _as_user(self, act: Any) -> None:
        """In a child, with the job's rights: a job's files and processes are out of our reach."""
        child = os.fork()
        if child == 0:
            with suppress(BaseException):
                _change_user(self._user)
                act()
            os._exit(0)
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, 0)
                if pid == self._job:
                    self._status = status
                if pid == child:
                    return

    def _report(self) -> dict[str, Any]:
        assert self._status is not None
        code = os.waitstatus_to_exitcode(self._status)
        texts = []
        for stream, kept in self._streams.items():
            left_out = self._seen[stream] - len(kept)
            text = kept.decode(errors="replace")
            texts.append(f"[{left_out} bytes left out]\n{text}" if left_out else text)
        return {
            "code": code,
            "stdout": texts[0],
            "stderr": texts[1],
            "oom": _oom_kills() > self._killed_before,
            "own limit": _limit_met() > self._limited_before,
            "trouble": self._trouble,
        }

    def _hand_out(self) -> None:
        """Opens what a command has made, for the driver to read: plain files only, and never through a link."""
        if not self._bring:
            return

        def hand() -> None:
            names: list[str] = []
            files: list[int] = []
            for name in sorted(set(os.listdir(self._scratch)) - set(os.listdir(self._room))):  # noqa: PTH208
                with suppress(OSError):
                    file = os.open(os.path.join(self._scratch, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # noqa: PTH118
                    if stat.S_ISREG(os.fstat(file).st_mode) and len(files) < MOST_FILES:
                        names.append(name)
                        files.append(file)
            worker.send(self._control, {"files": names})
            if files:
                socket.send_fds(self._control, [b"f"], files)

        self._as_user(hand)

    def _empty(self) -> bool:
        """Whether the next job finds nothing. Where the sandbox ends with its one job there is no next."""
        if self._user is None:
            return True
        if self._holds_something():
            os.chown(self._scratch, self._user, self._user)
            self._as_user(lambda: leftovers.remove_all(self._scratch))
        return not self._holds_something()

    def _holds_something(self) -> bool:
        """Takes the scratch back first: without rights over files only an owner can look."""
        os.chown(self._scratch, 0, 0)
        os.chmod(self._scratch, 0o700)  # noqa: PTH101
        return bool(os.listdir(self._scratch))  # noqa: PTH208


def _become(request: dict[str, Any], channel: list[int], ends: list[int], trouble: int) -> None:
    """The job's first process. Never returns. What goes wrong until the job begins is the sandbox's trouble."""
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        for place, file in enumerate([null, *ends]):
            os.dup2(file, place)
        kept = {*range(OUR_FILES), trouble, *channel}
        for file in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208
            if file not in kept:
                with suppress(OSError):  # the listing's own
                    os.close(file)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.umask(0o077)
        # Of all, the job is what the system shall kill when memory runs out.
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
            score.write("1000")
        _limit(request["limits"], own_user=request["user"] is not None)
        if request["user"] is not None:
            _change_user(request["user"])
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        os.chdir(request["scratch"])
        os.environ.clear()
        os.environ.update(request["environment"])
        tempfile.tempdir = None  # torch has asked for it, in the server's environment
        if request.get("command"):
            _bring_in(request["room"])
            os.execvp(request["command"][0], request["command"])
    except BaseException as error:  # noqa: BLE001  whatever it is, it must not go on as the server's code
        wanted = " ".join(request.get("command", []))[:200]
        os.write(trouble, f"{type(error).__name__}: {error} {wanted}".encode())
        os._exit(127)
    os.close(trouble)
    _work(channel[0])


def _work(channel: int) -> None:
    """Never returns."""
    serving = socket.socket(fileno=channel)
    serving.sendall(b"w")  # tells the driver our number among its processes: the system writes it, not we
    try:
        worker.Worker(serving).serve()
    except SystemExit as wanted:
        os._exit(wanted.code if isinstance(wanted.code, int) else 1)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _bring_in(room: str) -> None:
    for name in os.listdir(room):  # noqa: PTH208
        with open(os.path.join(room, name), "rb") as source, open(name, "xb") as target:  # noqa: PTH118, PTH123
            target.write(source.read())


def _limit(limits: dict[str, int | None], *, own_user: bool) -> None:
    # RLIMIT_DATA counts private memory; RLIMIT_AS would count torch's many gigabytes of mere address space too.
    kinds = {"memory": resource.RLIMIT_DATA, "file": resource.RLIMIT_FSIZE, "files": resource.RLIMIT_NOFILE}
    if own_user:  # it counts all processes of a user
        kinds["processes"] = resource.RLIMIT_NPROC
    wanted = {kind: limits.get(name) for name, kind in kinds.items()}
    for kind, value in {**wanted, resource.RLIMIT_CORE: 0, RLIMIT_MSGQUEUE: 0}.items():
        if value is not None:
            resource.setrlimit(kind, (value, value))


def _change_user(user: int | None) -> None:
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        if libc.capset(struct.pack("Ii", CAPABILITIES_3, 0), bytes(2 * 3 * 4)):  # the inheritable ones had stayed
            raise OSError(ctypes.get_errno(), "capset")


def _has_children() -> bool:
    """Of a subreaper these are all that is left of a job, dead or alive."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _oom_kills() -> int:
    """How often the system ended somebody in this control group for its memory."""
    for path in OOM_COUNTS:
        with suppress(OSError), open(path) as file:  # noqa: PTH123
            for line in file:
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
    return 0


def _limit_met() -> int:
    """How often this control group wanted more memory than it may have. Else it is the machine that has no more."""
    found = 0
    for path in LIMIT_COUNTS:
        with suppress(OSError, ValueError), open(path) as file:  # noqa: PTH123
            found += int(file.read())
    with suppress(OSError), open(OOM_COUNTS[1]) as file:  # noqa: PTH123
        found += sum(int(line.split()[1]) for line in file if line.startswith(("max ", "oom ")))
    return found


if __name__ == "__main__":
    main()
