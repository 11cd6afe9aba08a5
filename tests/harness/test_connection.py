"""The socket to a worker: real processes, honest and not."""

from __future__ import annotations

import socket
import struct
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from kernel_gepa.errors import SandboxError
from kernel_gepa.harness import worker
from kernel_gepa.harness.clock import Clock
from kernel_gepa.harness.connection import Connection, WorkerGone, WorkerRefused, WorkerSilent
from kernel_gepa.harness.workers import CANDIDATE, Workers
from kernel_gepa.ports import Job, Limits, Mount
from kernel_gepa.sandbox.local import Local

HONEST = ""


class Scripted(Local):
    """Changes the worker before the fork server gets to know it."""

    def __init__(self, script: str) -> None:
        self._script = script

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
        with (folder / "worker.py").open("a") as file:
            file.write("\n" + self._script)
        return super().start(
            command, folder=folder, mounts=mounts, environment=environment, limits=limits, guests=guests
        )


Connect = Callable[[str], Connection]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    made: list[Workers] = []

    def connect(script: str) -> Connection:
        made.append(Workers(Scripted(script), tmp_path / f"w{len(made)}"))
        return made[-1].worker(CANDIDATE, torch=False)

    yield connect
    for workers in made:
        workers.close()


def answering(code: str) -> str:
    """A worker that does `code` with every request."""
    return (
        "import time\n"
        "class Worker:\n"
        "    def __init__(self, channel): self.channel = channel\n"
        "    def serve(self):\n"
        "        channel = self.channel\n"
        "        while True:\n"
        "            request = receive(channel)\n" + textwrap.indent(textwrap.dedent(code), " " * 12) + "\n"
    )


def test_an_answer_comes_back(connect: Connect) -> None:
    connection = connect(answering("send(channel, {'got': request['x'], 'turn': request['turn']})"))
    assert connection.ask(5, x=[1, "ä"])["got"] == [1, "ä"]
    assert connection.ask(5, x=None)["got"] is None


def test_what_a_worker_raises_is_its_answer(connect: Connect) -> None:
    with pytest.raises(WorkerRefused) as caught:
        connect(HONEST).ask(5, do="load", form="native", library="/no/such.so", entry="f")
    assert caught.value.kind == "raised"
    assert "OSError" in caught.value.text
    assert caught.value.trace


def test_a_request_nobody_knows_is_answered(connect: Connect) -> None:
    with pytest.raises(WorkerRefused, match="do_nonsense"):
        connect(HONEST).ask(5, do="nonsense")


@pytest.mark.parametrize(
    "reply",
    [
        "channel.sendall(struct.pack('<I', 2**31 - 1))",
        "channel.sendall(struct.pack('<I', 4) + b'{{{{')",
        "channel.sendall(struct.pack('<I', 4) + b'\\xff\\xfe\\xff\\xfe')",
        "channel.sendall(struct.pack('<I', 2) + b'[]')",
        "channel.sendall(struct.pack('<I', 200000) + b'[' * 200000)",
        "send(channel, {})",
        "send(channel, {'turn': request['turn'] + 1})",
        "send(channel, {'turn': str(request['turn'])})",
    ],
    ids=["oversized", "garbage", "not unicode", "not an object", "deep", "no turn", "later turn", "text as turn"],
)
def test_an_answer_that_no_worker_gives_ends_it(connect: Connect, reply: str) -> None:
    connection = connect(answering(reply + "\ntime.sleep(60)"))
    with pytest.raises(WorkerGone, match="out of turn"):
        connection.ask(10, do="run")


def test_a_second_answer_to_one_request_is_found_out(connect: Connect) -> None:
    connection = connect(answering("for _ in range(2): send(channel, {'turn': request['turn']})"))
    connection.ask(5)
    with pytest.raises(WorkerGone, match="out of turn"):
        connection.ask(5)


def test_a_worker_that_dies_is_gone_with_its_last_words(connect: Connect) -> None:
    connection = connect(answering("sys.stderr.write('so long'); sys.stderr.flush(); os._exit(5)"))
    with pytest.raises(WorkerGone) as caught:
        connection.ask(5)
    assert caught.value.ended is not None
    assert caught.value.ended.code == 5
    assert "so long" in caught.value.ended.stderr


def test_a_worker_that_hangs_up_and_lives_on_is_gone(connect: Connect) -> None:
    with pytest.raises(WorkerGone):
        connect(answering("channel.close(); time.sleep(60)")).ask(5)


def test_a_silent_worker_is_killed(connect: Connect) -> None:
    connection = connect(answering("time.sleep(60)"))
    with pytest.raises(WorkerSilent) as caught:
        connection.ask(0.2)
    assert caught.value.limit_s == 0.2
    assert not Path(f"/proc/{connection.pid}").exists()


def test_a_worker_that_trickles_does_not_outlast_its_limit(connect: Connect) -> None:
    trickle = "channel.sendall(struct.pack('<I', 1000))\nfor _ in range(1000): channel.sendall(b' '); time.sleep(0.1)"
    with pytest.raises(WorkerSilent):
        connect(answering(trickle)).ask(0.5)


def test_long_words_are_clipped(connect: Connect) -> None:
    code = "send(channel, {'error': 'raised', 'text': 'x' * 1000000, 'turn': request['turn']})"
    with pytest.raises(WorkerRefused) as caught:
        connect(answering(code)).ask(5)
    assert len(caught.value.text) < 5000
    assert "left out" in caught.value.text


def test_a_worker_that_never_connects_is_the_houses_fault(tmp_path: Path) -> None:
    with (
        Workers(Scripted("sys.exit('no luck')"), tmp_path) as workers,
        pytest.raises(SandboxError, match="did not start: no luck"),
    ):
        workers.worker(CANDIDATE, torch=False)


def test_frames_come_back_as_they_went(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    worker.send(ours, {"a": [1, {"b": None}]})
    assert worker.receive(theirs) == {"a": [1, {"b": None}]}
    ours.sendall(struct.pack("<I", worker.MAX_FRAME + 1))
    with pytest.raises(ValueError, match="over the limit"):
        worker.receive(theirs)
    ours.close()
    with pytest.raises(EOFError):
        worker.receive(theirs)
    theirs.close()


# ---------------------------------------------------------------- the clock, on a real process

BURN = "end = time.thread_time() + 0.1\n    while time.thread_time() < end: pass\n"


def test_cpu_time_of_a_thread_that_has_ended_is_counted(connect: Connect) -> None:
    code = f"""
    import threading
    def burn():
        {BURN.replace("    while", "        while")}
    thread = threading.Thread(target=burn); thread.start(); thread.join()
    send(channel, {{'turn': request['turn']}})
    """
    lap = Clock(connect(answering(code))).lap(0, 1, 20)
    assert lap.cpu_s >= 0.1


def test_sleeping_costs_wall_time_and_no_cpu_time(connect: Connect) -> None:
    lap = Clock(connect(answering("time.sleep(0.2); send(channel, {'turn': request['turn']})"))).lap(0, 1, 20)
    assert lap.wall_s >= 0.2
    assert lap.cpu_s < 0.1
    assert lap.queued_s < 0.15


def test_work_between_two_laps_is_told_apart(connect: Connect) -> None:
    code = f"send(channel, {{'turn': request['turn']}})\n{BURN.replace('    while', 'while')}"
    clock = Clock(connect(answering(code)))
    clock.lap(0, 1, 20)
    assert clock.lap(0, 1, 20).cpu_s + clock.lap(0, 1, 20).idle_cpu_s >= 0.05


def test_cpu_time_of_children_is_found_living_or_ended(connect: Connect) -> None:
    code = f"""
    if os.fork() == 0:
        {BURN.replace("    while", "        while")}
        os._exit(0)
    os.wait()
    if os.fork() == 0:
        {BURN.replace("    while", "        while")}
        time.sleep(60)
    time.sleep(0.5)
    send(channel, {{'turn': request['turn']}})
    """
    connection = connect(answering(code))
    clock = Clock(connection)
    before = clock.helpers_cpu_s()
    clock.lap(0, 1, 20)
    assert clock.helpers_cpu_s() - before >= 0.15
