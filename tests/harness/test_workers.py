"""Warm sandboxes: what jobs may do to each other and to their warden, which is nothing."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_gepa.domain.task import TensorSpec
from kernel_gepa.errors import SandboxError
from kernel_gepa.harness.arena import Arena, layout
from kernel_gepa.harness.connection import Connection, WorkerRefused
from kernel_gepa.harness.wards import Flavour
from kernel_gepa.harness.workers import BASELINE, CANDIDATE, REFERENCE, Workers
from kernel_gepa.ports import Exit, Limits, Sandbox
from kernel_gepa.sandbox import bubblewrap, docker, local

NO_DOCKER, NO_BUBBLES = docker.unavailable(), bubblewrap.unavailable()
DOCKER = pytest.param(
    docker.create(),
    id="docker",
    marks=[pytest.mark.docker, pytest.mark.skipif(NO_DOCKER is not None, reason=NO_DOCKER or "")],
)
BUBBLES = pytest.param(
    bubblewrap.create(), id="bubblewrap", marks=pytest.mark.skipif(NO_BUBBLES is not None, reason=NO_BUBBLES or "")
)
LOCAL = pytest.param(local.create(), id="local")
LAX_S = 2.0  # how long after its limit a bomb may be heard of


@pytest.fixture(params=[LOCAL, BUBBLES, DOCKER])
def anywhere(request: pytest.FixtureRequest, short: Path) -> Iterator[Workers]:
    with Workers(request.param, short / "workers") as made:
        yield made


@pytest.fixture(params=[BUBBLES, DOCKER])
def guests(request: pytest.FixtureRequest, short: Path) -> Iterator[Workers]:
    """Where jobs share a sandbox, each as a user of its own."""
    sandbox: Sandbox = request.param
    if not sandbox.guests:
        pytest.skip(f"{sandbox.name} needs root to tell jobs apart by their users; here it starts one sandbox for each")
    with Workers(sandbox, short / "workers") as made:
        yield made


def run(workers: Workers, folder: Path, script: str, *, limit_s: float = 20.0, limits: Limits = Limits()) -> Exit:
    """A Python script as a job of its own."""
    python = [*Flavour(torch=False).command(workers.sandbox), "-c", script]
    folder.mkdir(exist_ok=True)
    job = workers.commands.start(python, folder=folder, environment={}, limits=limits)
    try:
        ended = job.wait(limit_s)
    finally:
        job.kill()
    found = ended or job.wait(0)
    assert found is not None
    return found


def servers(workers: Workers) -> list[object]:
    return [server for group in workers._servers.values() for server in group]


def answers(workers: Workers) -> bool:
    """Whether the next candidate finds a worker that works."""
    connection = workers.worker(CANDIDATE, torch=False)
    arena = Arena(layout((), (TensorSpec("y", "float32", (4,)),)), 1)
    connection.ask(10, do="map", arena=arena)
    connection.close()
    return not Path(f"/proc/{connection.pid}").exists()


def test_a_worker_is_forked_and_ended_with_all_it_has_started(anywhere: Workers) -> None:
    connection = anywhere.worker(CANDIDATE, torch=False)
    assert Path(f"/proc/{connection.pid}").exists()
    connection.close()
    assert not Path(f"/proc/{connection.pid}").exists()
    assert answers(anywhere)


def test_a_file_is_read_in_the_room_and_cannot_be_changed_there(guests: Workers, tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.so"
    kernel.write_text("not a library")
    connection = guests.worker(CANDIDATE, torch=False, files=[kernel])
    shown = Path(f"/proc/{connection.pid}/root{connection.room}")
    assert (shown / "kernel.so").read_text() == "not a library"
    with pytest.raises(OSError, match="Read-only"):
        (shown / "kernel.so").write_text("mine")


def test_every_job_is_another_user_without_rights(guests: Workers) -> None:
    seen = set()
    for _ in range(3):
        connection = guests.worker(CANDIDATE, torch=False)
        lines = Path(f"/proc/{connection.pid}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        assert all(int(status[kind], 16) == 0 for kind in ("CapPrm", "CapEff", "CapInh", "CapAmb"))
        assert status["NoNewPrivs"] == "1"
        assert status["Groups"].strip() == ""
        seen |= set(status["Uid"].split())
    assert len(seen) == 3
    assert "0" not in seen


def test_who_is_trusted_differently_shares_no_sandbox(guests: Workers) -> None:
    found = [guests.worker(trust, torch=False) for trust in (REFERENCE, BASELINE, CANDIDATE, CANDIDATE)]
    spaces = [os.readlink(f"/proc/{connection.pid}/ns/pid") for connection in found]  # noqa: PTH115
    assert len(set(spaces)) == 3
    assert spaces[2] == spaces[3]
    assert len(servers(guests)) == 3


def test_a_fresh_worker_is_no_fork_of_what_others_came_from(guests: Workers) -> None:
    first = guests.worker(CANDIDATE, torch=False)
    fresh = guests.worker(CANDIDATE, torch=False, fresh=True)
    spaces = {os.readlink(f"/proc/{connection.pid}/ns/pid") for connection in (first, fresh)}  # noqa: PTH115
    assert len(spaces) == 2
    fresh.close()


def test_a_job_can_write_nowhere_but_into_its_scratch(guests: Workers, tmp_path: Path) -> None:
    script = """
import os
found = []
for where, folders, files in os.walk("/"):
    if where.startswith(("/proc", "/sys")):
        folders.clear()
        continue
    try:
        os.close(os.open(os.path.join(where, "left"), os.O_CREAT | os.O_WRONLY))
        found.append(where)
    except OSError:
        pass
    for name in files:
        path = os.path.join(where, name)
        if os.access(path, os.W_OK) and os.path.isfile(path) and not os.path.islink(path):
            found.append(path)
print(found == [os.getcwd()], found)
"""
    found = run(guests, tmp_path / "job", script, limit_s=120.0)  # it looks at every file of the system
    assert found.stdout.startswith("True"), found


def test_the_next_job_finds_nothing_of_the_last(guests: Workers, tmp_path: Path) -> None:
    leave = """
import os
os.makedirs("a/b")
open("a/b/.hidden", "w").write("secret")
os.symlink("/etc", "link")
os.chmod("a/b", 0)
"""
    look = "import os; print(os.getcwd(), os.listdir('.'))"
    assert run(guests, tmp_path / "one", leave).code == 0
    assert run(guests, tmp_path / "two", look).stdout == "/scratch/7 []\n"
    assert len(servers(guests)) == 1


def test_a_job_reaches_no_other_process(guests: Workers, tmp_path: Path) -> None:
    script = """
import os, signal
reached = []
for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
    if pid == os.getpid():
        continue
    try:
        os.kill(pid, 0)
        reached.append(pid)
    except PermissionError:
        pass
    for name in ("mem", "environ", "maps"):
        try:
            open(f"/proc/{pid}/{name}", "rb").read(1)
            reached.append((pid, name))
        except OSError:
            pass
print(reached)
"""
    guests.worker(CANDIDATE, torch=False)
    assert run(guests, tmp_path / "job", script).stdout == "[]\n"


def test_what_a_finished_phase_has_left_is_ended_before_the_next(anywhere: Workers, tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text(
        "import os, time\n"
        "child = os.fork()\n"
        "if child == 0:\n    if os.fork() == 0:\n        os.setsid(); time.sleep(600)\n    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "def reference(x): return x\n"
    )
    connection = anywhere.worker(CANDIDATE, torch=True, files=[kernel])
    source = str(connection.room / kernel.name)
    connection.ask(60, do="load", form="python", source=source, function="reference", threads=1)
    assert connection.prune() == 1
    assert connection.prune() == 0
    connection.ask(10, do="release")


def test_a_sealed_worker_starts_threads_and_no_processes(anywhere: Workers, tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text("""
import os, subprocess, threading

def tried(act):
    try:
        act()
        return "can"
    except OSError as error:
        return os.strerror(error.errno)

def reference(x):
    thread = threading.Thread(target=lambda: None)
    raise RuntimeError(str([
        tried(os.fork), tried(lambda: subprocess.run(["/bin/true"])), tried(lambda: os.execv("/bin/true", ["true"])),
        tried(thread.start),
    ]))
""")
    connection = anywhere.worker(CANDIDATE, torch=True, files=[kernel])
    source = str(connection.room / kernel.name)
    connection.ask(60, do="load", form="python", source=source, function="reference", threads=1)
    arena = Arena(layout((), (TensorSpec("y", "float32", (4,)),)), 1)
    connection.ask(10, do="map", arena=arena)
    connection.ask(10, do="bind", slots=1, inputs=[["value", 1.0]], outputs=[])
    assert connection.seal()
    refused = "Operation not permitted"
    with pytest.raises(WorkerRefused) as caught:
        connection.ask(10, do="run", first=0, count=1)
    assert caught.value.text == f"RuntimeError: {[refused, refused, refused, 'can']}"


def test_a_worker_that_only_says_that_it_is_sealed_is_found_out(anywhere: Workers, tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text(
        "import sys\nsys.modules['worker'].Worker.do_seal = lambda self, request: None\ndef reference(x): return x\n"
    )
    connection = anywhere.worker(CANDIDATE, torch=True, files=[kernel])
    source = str(connection.room / kernel.name)
    connection.ask(60, do="load", form="python", source=source, function="reference", threads=1)
    assert not connection.seal()


def test_a_command_leaves_plain_files_and_nothing_else(guests: Workers, tmp_path: Path) -> None:
    job = tmp_path / "job"
    job.mkdir()
    (job / "given").write_text("in")
    script = """
import os
open("made", "w").write(open("given").read() + "out")
open("given", "w").write("changed")
os.symlink("/etc/passwd", "link")
os.mkfifo("pipe")
os.mkdir("folder")
"""
    assert run(guests, job, script).code == 0
    assert sorted(path.name for path in job.iterdir()) == ["given", "made"]
    assert (job / "made").read_text() == "inout"
    assert (job / "given").read_text() == "in"


def test_a_command_that_is_not_there_is_the_houses_fault(guests: Workers, tmp_path: Path) -> None:
    job = guests.commands.start(["/no/such/program"], folder=tmp_path, environment={}, limits=Limits())
    with pytest.raises(SandboxError, match="/no/such/program"):
        job.wait(10)
    job.kill()
    assert answers(guests)


def test_a_server_that_was_killed_is_replaced(guests: Workers) -> None:
    connection = guests.worker(CANDIDATE, torch=False)
    warden = int(Path(f"/proc/{connection.pid}/stat").read_text().rpartition(")")[2].split()[1])
    server = int(Path(f"/proc/{warden}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(warden, signal.SIGKILL)
    os.kill(server, signal.SIGKILL)
    connection.close()
    deadline = time.monotonic() + LAX_S  # the system ends what its namespace held
    while Path(f"/proc/{connection.pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert answers(guests)


BOMBS = {
    "fork": "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
    "loop": "while True: pass",
    "deaf": "import signal, time\nfor n in range(1, 65):\n  try: signal.signal(n, signal.SIG_IGN)\n"
    "  except (OSError, ValueError): pass\ntime.sleep(600)",
    "grandchildren": "import os, time\nfor _ in range(20):\n  if os.fork() == 0:\n    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "      while True: pass\n    os._exit(0)\ntime.sleep(600)",
    "flood": "import os\nwhile True: os.write(1, b'x' * 65536); os.write(2, b'y' * 65536)",
    "threads": "import threading, time\nfor _ in range(100): threading.Thread(target=time.sleep, args=(600,)).start()",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_ended_soon_after_its_limit(anywhere: Workers, tmp_path: Path, bomb: str) -> None:
    if not anywhere.sandbox.isolates and "fork()\n  except" in bomb:
        pytest.skip("nothing limits the processes of a job that runs with the user's own rights")
    (tmp_path / "job").mkdir()
    python = [*Flavour(torch=False).command(anywhere.sandbox), "-c", bomb]
    job = anywhere.commands.start(python, folder=tmp_path / "job", environment={}, limits=Limits(processes=128))
    assert job.wait(1.0) is None
    begun = time.monotonic()
    job.kill()
    assert time.monotonic() - begun < LAX_S
    ended = job.wait(0)
    assert ended is not None
    assert ended.signal == signal.SIGKILL
    assert len(ended.stdout) < 20_000
    assert answers(anywhere)


def test_a_memory_bomb_meets_its_limit(anywhere: Workers, tmp_path: Path) -> None:
    limits = Limits(memory_bytes=256 << 20)
    ended = run(anywhere, tmp_path / "job", "x = bytearray(1 << 30)", limits=limits)
    assert ended.code == 1
    assert "MemoryError" in ended.stderr
    assert answers(anywhere)


def test_a_disk_bomb_meets_the_size_of_its_scratch(guests: Workers, tmp_path: Path) -> None:
    script = """
import os
written = 0
try:
    for number in range(100):
        with open(str(number), "wb") as file:
            for _ in range(64):
                written += file.write(bytes(1 << 20))
except OSError as error:
    print(os.strerror(error.errno), written >> 20 <= 512)
"""
    assert run(guests, tmp_path / "job", script, limits=Limits(file_bytes=64 << 20)).stdout.startswith("No space left")
    assert answers(guests)


def test_shared_memory_of_the_system_is_no_way_to_the_next(guests: Workers, tmp_path: Path) -> None:
    script = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print(libc.mq_open(b"/left", os.O_CREAT | os.O_RDWR, 0o666, None) < 0)
try:
    open("/dev/shm/left", "w")
    print(False)
except OSError:
    print(True)
"""
    assert run(guests, tmp_path / "job", script).stdout == "True\nTrue\n"


def test_an_arena_cannot_be_shortened_by_a_worker(anywhere: Workers, tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text(
        "import os\n"
        "def reference(x):\n"
        "    for file in range(3, 20):\n"
        "        try: os.ftruncate(file, 0)\n"
        "        except OSError: pass\n"
        "    return x\n"
    )
    connection = anywhere.worker(CANDIDATE, torch=True, files=[kernel])
    source = str(connection.room / kernel.name)
    connection.ask(60, do="load", form="python", source=source, function="reference", threads=1)
    arena = Arena(layout((), (TensorSpec("y", "float32", (4,)),)), 1)
    connection.ask(10, do="map", arena=arena)
    connection.ask(10, do="bind", slots=1, inputs=[["value", 1.0]], outputs=[])
    connection.ask(10, do="run", first=0, count=1)
    assert arena.outputs(0)[0].sum() == 0  # and reading it did not end us


def test_torch_is_loaded_once(guests: Workers) -> None:
    def start() -> tuple[Connection, float]:
        begun = time.monotonic()
        return guests.worker(CANDIDATE, torch=True), time.monotonic() - begun

    (_, cold), (_, warm) = start(), start()
    assert warm < cold / 4


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_more_jobs_than_a_sandbox_has_room_for_get_another(guests: Workers) -> None:
    found = [guests.worker(CANDIDATE, torch=False) for _ in range(guests.sandbox.guests + 1)]
    assert len({connection.pid for connection in found}) == len(found)
    assert len(servers(guests)) == 2
