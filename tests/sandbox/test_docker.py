"""The Docker sandbox: the promises of every sandbox, and what a container adds to them."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kernel_gepa.domain.signature import Parameter, Passed
from kernel_gepa.domain.task import TensorSpec
from kernel_gepa.errors import SandboxError
from kernel_gepa.harness.arena import Arena, layout
from kernel_gepa.harness.clock import Clock
from kernel_gepa.harness.connection import WorkerGone
from kernel_gepa.harness.station import native_binding
from kernel_gepa.harness.wards import Flavour
from kernel_gepa.harness.workers import CANDIDATE, Workers
from kernel_gepa.ports import Exit, Limits, Mount, Sandbox
from kernel_gepa.recipes.plugins import sandbox_named
from kernel_gepa.sandbox import docker, images
from kernel_gepa.testing.sandbox_contract import ISOLATION, PROMISES

PROBLEM = docker.unavailable()
pytestmark = [pytest.mark.docker, pytest.mark.skipif(PROBLEM is not None, reason=PROBLEM or "")]

ENVIRONMENT = {"PATH": os.defpath}
LAX_S = 2.0  # it takes 0.2 s on a quiet machine
TRIES = 3  # beside a busy moment of another test process it may take longer; what always does is a defect

Run = Callable[..., Exit]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A script in a container, ended at `limit_s`."""

    def run(script: str, *, limit_s: float = 20.0, limits: Limits = Limits()) -> Exit:
        command = ["/bin/sh", "-c", script]
        job = docker.create().start(command, folder=tmp_path, environment=ENVIRONMENT, limits=limits)
        try:
            ended = job.wait(limit_s)
        finally:
            job.kill()
        found = ended or job.wait(0)
        assert found is not None
        return found

    return run


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    assert ours() == []


def ours() -> list[str]:
    found = docker.client().containers(all=True, filters={"label": f"{docker.LABEL}={docker._owner()}"})
    return [container["Id"] for container in found]


@pytest.mark.parametrize("promise", [*PROMISES, *ISOLATION], ids=lambda promise: promise.__name__)
def test_docker_keeps_the_promise(promise: Callable[[Sandbox, Path], None], tmp_path: Path) -> None:
    sandbox = docker.create()
    assert sandbox.isolates
    promise(sandbox, tmp_path)


def test_it_is_found_by_its_name() -> None:
    assert sandbox_named("docker", model="any").name == "docker"


def test_the_loopback_is_the_only_interface(run: Run) -> None:
    assert run("ls /sys/class/net").stdout.split() == ["lo"]
    assert len(run("cat /proc/net/route").stdout.splitlines()) <= 1
    assert run("cat /proc/net/if_inet6 2>/dev/null | grep -v ' lo$'").stdout == ""


def test_a_job_has_no_rights(run: Run) -> None:
    said = run("cat /proc/self/status; id -u").stdout
    status = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == 0, kind
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    assert int(said.splitlines()[-1]) != 0


def test_no_mount_of_the_system_is_writable(run: Run) -> None:
    """Also what a write to a file does not show: the root's own mount."""
    lines = [line.split() for line in run("cat /proc/mounts").stdout.splitlines()]
    options = {where: flags.split(",") for _, where, _, flags, *_ in lines}
    for where in ("/", "/usr", "/sys", "/proc/sys"):
        assert "ro" in options[where], where


def test_the_scratch_of_a_container_is_small_in_bytes_and_in_files(run: Run) -> None:
    assert "No space left" in run("head -c 200m /dev/zero > /tmp/big").stderr
    assert "No space left" in run("mkdir /tmp/d; cd /tmp/d; seq 30000 | xargs touch").stderr
    assert "No space left" in run("head -c 200m /dev/zero > /dev/shm/big").stderr


def test_a_fork_bomb_is_ended_soon_after_its_limit(tmp_path: Path) -> None:
    """One that does not give up: a shell ends by itself when it cannot fork."""
    bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"
    for left in reversed(range(TRIES)):
        job = docker.create().start(
            [*Flavour(torch=False).command(docker.create()), "-c", bomb],
            folder=tmp_path,
            mounts=Flavour(torch=False).mounts(docker.create()),
            environment=ENVIRONMENT,
            limits=Limits(processes=128),
        )
        found = job.wait(1.0)
        begun = time.monotonic()
        job.kill()
        spent = time.monotonic() - begun
        assert found is None
        ended = job.wait(0)
        assert ended is not None
        assert ended.signal == signal.SIGKILL
        if spent < LAX_S:
            break
        assert left, f"{spent:.1f} s"


def test_a_memory_bomb_is_ended_and_says_so(run: Run) -> None:
    ended = run("tail /dev/zero", limit_s=20, limits=Limits(memory_bytes=256 << 20))
    assert (ended.code, ended.signal) == (137, signal.SIGKILL)
    assert "memory limit" in ended.stderr


def test_a_kill_is_not_taken_for_a_memory_limit(run: Run) -> None:
    ended = run("sleep 60", limit_s=0.1)
    assert ended.signal == signal.SIGKILL
    assert "memory limit" not in ended.stderr


def test_one_descendant_over_the_memory_limit_is_told_too(run: Run) -> None:
    ended = run("tail /dev/zero; exit 5", limits=Limits(memory_bytes=256 << 20))
    assert ended.code == 5
    assert "memory limit" in ended.stderr


def test_a_flood_reaches_neither_the_disk_nor_our_memory(run: Run) -> None:
    ended = run("while :; do echo flood; done", limit_s=1.0)
    assert ended.signal == signal.SIGKILL
    assert len(ended.stdout) < 20_000


def test_a_job_that_closes_its_streams_is_waited_for(run: Run) -> None:
    assert run("exec >&- 2>&-; sleep 0.5; exit 4").code == 4


def test_jobs_leave_no_file_and_no_thread_behind(run: Run) -> None:
    def kept() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208

    gc.disable()
    try:
        for _ in range(4):  # the client keeps some connections for the next job
            run("true")
        files, threads = kept()
        for _ in range(8):
            run("true")
        assert kept()[0] < files + 4
        assert kept()[1] == threads
    finally:
        gc.enable()


def test_what_a_killed_process_left_running_is_swept(tmp_path: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom kernel_gepa.ports import Limits\n"
        "from kernel_gepa.sandbox import docker\n"
        "docker.create().start(['sleep', '100'], folder=Path(sys.argv[1]), environment={'PATH': os.defpath},"
        " limits=Limits())\nprint(docker._owner(), flush=True)\nos.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    died = subprocess.run(command, capture_output=True, text=True, check=False)
    assert died.returncode == -9, died.stderr
    api, label = docker.client(), {"label": f"{docker.LABEL}={died.stdout.strip()}"}
    assert len(api.containers(filters=label)) == 1
    docker._sweep(api)
    assert api.containers(all=True, filters=label) == []


def test_a_missing_image_is_the_houses_fault_and_says_how_to_build_it(tmp_path: Path) -> None:
    sandbox = docker.Docker(images.Image("kernel-gepa/cpu:none"))
    with pytest.raises(SandboxError, match='image kernel-gepa/cpu:none is missing; build it with "make images"'):
        sandbox.start(["true"], folder=tmp_path, environment={}, limits=Limits())


@pytest.mark.parametrize("missing", ["folder", "mount"])
def test_a_path_that_does_not_exist_is_the_houses_fault(tmp_path: Path, missing: str) -> None:
    folder, mounts = (tmp_path / "none", ()) if missing == "folder" else (tmp_path, (Mount(tmp_path / "none"),))
    with pytest.raises(SandboxError, match="does not exist"):
        docker.create().start(["true"], folder=folder, mounts=mounts, environment={}, limits=Limits())


# ---------------------------------------------------------------- a worker in a container

BURNS = """
#include <chrono>
#include <ctime>
extern "C" void kernel(float *out) {
    timespec now;
    double end = 0;
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        if (end == 0) end = now.tv_sec + now.tv_nsec * 1e-9 + 0.1;
    } while (now.tv_sec + now.tv_nsec * 1e-9 < end);
    *out = 42;
}
"""


OUT = TensorSpec("out", "float32", (1,))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Compiled in the same sandbox, by the host's compiler."""
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "kernel.cpp").write_text(BURNS)
    command = ["g++", "-O2", "-shared", "-fPIC", "kernel.cpp", "-o", "kernel.so"]
    environment = {**ENVIRONMENT, "TMPDIR": str(folder)}
    job = docker.create().start(command, folder=folder, environment=environment, limits=Limits(memory_bytes=1 << 30))
    try:
        ended = job.wait(60)
    finally:
        job.kill()
    assert ended is not None
    assert ended.code == 0, ended.stderr
    return folder / "kernel.so"


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    with Workers(docker.create(), tmp_path / "workers") as made:
        yield made


def test_a_worker_maps_bytes_and_its_cpu_time_is_counted_from_outside(workers: Workers, library: Path) -> None:
    connection = workers.worker(CANDIDATE, torch=False, files=[library])
    assert b"forkserver.py" in Path(f"/proc/{connection.pid}/cmdline").read_bytes()
    arena = Arena(layout((), (OUT,)), slots=3)
    arena.poison(0, 3)
    connection.ask(20, do="load", form="native", library=str(connection.room / library.name), entry="kernel")
    connection.ask(20, do="map", arena=arena)
    passed = (Passed(Parameter("out", "float32", pointer=True), OUT),)
    connection.ask(20, do="bind", slots=3, **native_binding(passed, arena))
    clock = Clock(connection)
    lap = clock.lap(0, 3, 20)
    assert 0.3 <= lap.cpu_s < 0.4
    assert lap.wall_s >= 0.3
    assert clock.helpers_cpu_s() < 1
    assert [float(arena.outputs(slot)[0][0]) for slot in range(3)] == [42.0] * 3
    connection.close()
    assert not Path(f"/proc/{connection.pid}").exists()


def test_a_worker_with_torch_starts(workers: Workers, tmp_path: Path) -> None:
    kernel = tmp_path / "kernel.py"
    kernel.write_text("import torch\ndef reference(x): return torch.relu(x)\n")
    connection = workers.worker(CANDIDATE, torch=True, files=[kernel])
    source = str(connection.room / kernel.name)
    connection.ask(60, do="load", form="python", source=source, function="reference", threads=1)


def test_a_worker_that_dies_is_gone_with_its_signal(workers: Workers) -> None:
    connection = workers.worker(CANDIDATE, torch=False)
    os.kill(connection.pid, signal.SIGSEGV)
    with pytest.raises(WorkerGone) as caught:
        connection.ask(10, do="release")
    assert caught.value.ended is not None
    assert caught.value.ended.signal == signal.SIGSEGV
