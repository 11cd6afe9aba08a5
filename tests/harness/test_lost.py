"""Sandboxes, daemons, images and disks that go away: exceptions with advice, or done once more, and never a score."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.domain.verdict import Correct, Crashed, Verdict
from kernel_gepa.errors import SandboxError, SandboxLost
from kernel_gepa.harness.blame import housed
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.workers import Workers
from kernel_gepa.ports import Limits
from kernel_gepa.sandbox import docker, local
from kernel_gepa.sandbox.images import Image

from .stands import QUICK, Stand, stand

PROBLEM = docker.unavailable()
with_docker = [pytest.mark.docker, pytest.mark.skipif(PROBLEM is not None, reason=PROBLEM or "")]

TASK = '''
import torch

kernel = """
extern "C" void twice(const float* x, float* y, long n) { for (long i = 0; i < n; i++) y[i] = 2 * x[i]; }
"""


def workloads():
    return {"default": {"x": "float32[n=3001]"}}


def reference(x):
    return 2 * x
'''
SLOW = """
#include <math.h>
void twice(const float *x, float *y, long n) {
    for (int k = 0; k < 400; k++)
        for (long i = 0; i < n; i++) y[i] = 2 * x[i] + 0 * sinf(k * x[i]);
}
"""


@pytest.fixture(scope="module")
def contained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with Bench(cpu.create(), docker.create(), QUICK) as bench:
        yield stand(bench, docker.create(), tmp_path_factory.mktemp("task"), TASK)


def containers() -> list[str]:
    label = f"{docker.LABEL}={docker._owner()}"
    return [found["Id"] for found in docker.client().containers(filters={"label": label})]


def removed() -> int:
    """As `docker rm -f` by somebody else, or a daemon that is started anew, ends them."""
    found = containers()
    for name in found:
        with suppress(Exception):
            docker.client().remove_container(name, force=True)
    return len(found)


class TestContainers:
    pytestmark = with_docker

    def test_warm_containers_that_are_gone_are_replaced(self, contained: Stand) -> None:
        assert isinstance(contained.judge(contained.task.kernel), Correct)
        assert removed() >= 2
        verdict = contained.judge(contained.task.kernel + "// another\n")
        assert isinstance(verdict, Correct), verdict

    def test_what_was_lost_in_the_middle_is_done_again(self, contained: Stand) -> None:
        found = list[Verdict]()
        judging = threading.Thread(target=lambda: found.append(contained.judge(SLOW)))
        judging.start()
        lost = 0
        while judging.is_alive() and lost < 1:
            time.sleep(0.3)
            lost = removed()
        judging.join()
        assert lost
        assert isinstance(found[0], Correct), found

    def test_a_kernel_is_never_blamed_for_a_house_that_cannot_stand(self, contained: Stand) -> None:
        over = threading.Event()

        def reap() -> None:
            while not over.is_set():
                removed()

        reaper = threading.Thread(target=reap)
        reaper.start()
        try:
            with pytest.raises(SandboxError):
                contained.judge(contained.task.kernel + "// never\n")
        finally:
            over.set()
            reaper.join()
        assert isinstance(contained.judge(contained.task.kernel + "// never\n"), Correct)

    def test_a_missing_image_is_no_verdict(self, tmp_path: Path) -> None:
        missing = docker.Docker(Image("kernel-gepa/cpu:nothing", python="/opt/python3"))
        with Bench(cpu.create(), missing, QUICK) as bench, pytest.raises(SandboxError, match="make images") as raised:
            stand(bench, missing, tmp_path, TASK)
        assert not isinstance(raised.value, SandboxLost), "a second try would find it missing too"


def test_no_daemon_is_no_verdict_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    docker.client.cache_clear()
    try:
        with pytest.raises(SandboxError, match=r"no Docker daemon answers.*start Docker"):
            docker.Docker().start(["true"], folder=tmp_path, environment={}, limits=Limits())
    finally:
        docker.client.cache_clear()


class Wire:
    """A daemon's socket that can be cut: what is said to it goes to the real one."""

    def __init__(self, address: Path, real: str) -> None:
        self._address, self._real = address, real
        self._open: list[socket.socket] = []
        self.lay()

    def lay(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._address))
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                ours, theirs = listener.accept()[0], socket.socket(socket.AF_UNIX)
                theirs.connect(self._real)
                self._open += [ours, theirs]
                for pair in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(1 << 16):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        for end in (self._listener, *self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()
        self._address.unlink()


class TestDaemon:
    pytestmark = with_docker

    @pytest.fixture
    def wire(self, short: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
        address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        assert address.startswith("unix://"), "needs a daemon on this machine"
        made = Wire(short / "daemon.sock", address.removeprefix("unix://"))
        monkeypatch.setenv("DOCKER_HOST", f"unix://{short}/daemon.sock")
        docker.client.cache_clear()
        try:
            yield made
        finally:
            monkeypatch.undo()
            docker.client.cache_clear()
            removed()

    def test_a_daemon_that_goes_away_is_waited_for_and_then_told(
        self, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Bench(cpu.create(), docker.create(), QUICK) as bench:
            on = stand(bench, docker.create(), tmp_path, TASK)
            assert isinstance(on.judge(on.task.kernel), Correct)
            wire.cut()
            monkeypatch.setattr(docker, "AWAY_S", 0.5)
            removed_by_another_client()
            with pytest.raises(SandboxError, match=r"no Docker daemon answers|left a job alone"):
                on.judge(on.task.kernel + "// another\n")
            back = threading.Timer(1.0, wire.lay)
            back.start()
            monkeypatch.setattr(docker, "AWAY_S", 20.0)
            assert isinstance(on.judge(on.task.kernel + "// another\n"), Correct)
            back.join()


def removed_by_another_client() -> None:
    """The wire is cut, the daemon itself is not: containers end as they would with it."""
    import docker as sdk

    api = sdk.APIClient(base_url="unix:///var/run/docker.sock")
    for found in api.containers(filters={"label": f"{docker.LABEL}={docker._owner()}"}):
        api.remove_container(found["Id"], force=True)


# Ends the warden and the server above it: without a sandbox that tells users apart, a kernel can.
ENDS_ITS_SANDBOX = """
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
void twice(const float *x, float *y, long n) {
    char path[64];
    int server = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", getppid());
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%*d (%*[^)]) %*c %d", &server) == 1 && server > 1) kill(server, SIGKILL);
    kill(getppid(), SIGKILL);
    y[0] = x[n - 1];
    _exit(1);
}
"""


def test_who_ends_two_sandboxes_has_ended_them(tmp_path: Path) -> None:
    settings = QUICK.__class__(rounds=QUICK.rounds, strict=False, launch_limit_s=5.0)
    with Bench(cpu.create(), local.create(), settings) as bench:
        on = stand(bench, local.create(), tmp_path, TASK)
        verdict = on.judge(ENDS_ITS_SANDBOX)
        assert isinstance(verdict, Crashed), verdict
        assert "ended the sandbox around it, twice" in verdict.reason
        assert isinstance(on.judge(on.task.kernel), Correct)


def test_a_machine_without_memory_is_not_the_jobs_own_limit(short: Path) -> None:
    """The system's own account of what happened, as the warden passes it on."""
    for own_limit, lost in ((True, False), (False, True)):
        with Workers(local.create(), short / f"workers-{own_limit}") as workers:
            ward = workers.command(["sleep", "9"], [], {}, Limits())
            told = {"code": -9, "stdout": "", "stderr": "", "oom": True, "own limit": own_limit, "trouble": ""}
            ward._hear({**told, "clean": False})
            assert bool(ward.lost) is lost
            assert ("over the memory limit" in ward.wait(0).stderr) is own_limit  # type: ignore[union-attr]


@pytest.mark.parametrize(("number", "advice"), [(errno.ENOSPC, "free some disk space"), (errno.ENOMEM, "memory")])
def test_a_disk_or_a_memory_that_is_full_is_told_with_advice(number: int, advice: str) -> None:
    with pytest.raises(SandboxError, match=advice), housed():
        raise OSError(number, os.strerror(number), "/some/file")
