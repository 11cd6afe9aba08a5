"""Builds beside a measurement: they never wait for the device, and keep off what is timed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import BuildFailed, Correct, TimedOut
from kernel_gepa.harness import beside
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.lease import exclusive
from kernel_gepa.harness.wards import Flavour
from kernel_gepa.harness.workers import Workers
from kernel_gepa.ports import Built, Job, Limits, Sandbox

from .stands import QUICK, stand

EVERYWHERE = set[int]()  # timed on all processors: a build can only stand still
HELD_S, LIMIT_S, MOST_ATTEMPTS = 5.0, 4.5, 4
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


@pytest.fixture
def workers(sandbox: Sandbox, short: Path) -> Iterator[Workers]:
    with Workers(sandbox, short / "workers") as made:
        yield made


def busy(workers: Workers, folder: Path, cpu_s: float, *, asleep_s: float = 0.0) -> Job:
    """A command that sleeps and then computes for so long, in two processes as compilers do."""
    folder.mkdir()
    script = f"import os, time\ntime.sleep({asleep_s})\nos.fork()\nwhile time.process_time() < {cpu_s}: pass\n"
    command = [*Flavour(torch=False).command(workers.sandbox), "-c", script]
    return workers.commands.start(command, folder=folder, environment={}, limits=Limits())


def test_a_build_stands_still_while_rounds_are_timed_and_goes_on_after(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, move = threading.Event(), beside._move

    def moved(job: beside.Movable, free: set[int]) -> None:
        move(job, free)
        if not free:
            told.set()

    monkeypatch.setattr(beside, "_move", moved)
    for attempt in range(MOST_ATTEMPTS):
        told.clear()
        with ThreadPoolExecutor(1) as pool, exclusive("cpu"):
            # It sleeps, because on a busy machine it takes long until it stands still, and must not have ended by then.
            job, began = busy(workers, tmp_path / f"job{attempt}", 0.2, asleep_s=HELD_S - 1), time.monotonic()
            with beside.undisturbed(EVERYWHERE):
                waiting = pool.submit(job.wait, LIMIT_S)
                assert told.wait(LIMIT_S)
                in_time = time.monotonic() - began < HELD_S - 3
                time.sleep(max(0.0, began + HELD_S - time.monotonic()))
                stood = not waiting.done()
            assert waiting.result() is not None, "standing still does not count"
        if in_time:
            break
    assert in_time, "the machine was too busy to tell a job anything in time"
    assert stood


def test_a_build_is_held_by_another_process_that_times(workers: Workers, tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom kernel_gepa.harness import beside\nfrom kernel_gepa.harness.lease import exclusive\n"
        "with exclusive('cpu'), beside.undisturbed(set()):\n"
        f"    print('timing', flush=True)\n    time.sleep({HELD_S})\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert other.stdout is not None
    with other:
        other.stdout.readline()
        began = time.monotonic()
        job = busy(workers, tmp_path / "job", 0.01)
        assert job.wait(10) is not None
    assert time.monotonic() - began > HELD_S / 2


def test_with_processors_to_spare_it_moves_off_the_timed_one(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = os.sched_getaffinity(0)
    if len(ours) < 2:
        pytest.skip("needs two processors")
    monkeypatch.setattr(beside, "FEW", 1)
    monkeypatch.setattr(beside, "SIBLINGS", "/nowhere/{}")
    script = (
        "import os, time\nseen = set()\nends = time.monotonic() + 1.5\n"
        "while time.monotonic() < ends:\n    seen.add(tuple(sorted(os.sched_getaffinity(0))))\n"
        "print(sorted(seen))\n"
    )
    (tmp_path / "job").mkdir()
    command = [*Flavour(torch=False).command(workers.sandbox), "-c", script]
    timed = min(ours)

    def time_something() -> None:
        time.sleep(0.3)
        with beside.undisturbed({timed}):
            time.sleep(0.5)

    timing = threading.Thread(target=time_something)
    with exclusive("cpu"):  # who times beside us would move it too
        job = workers.commands.start(command, folder=tmp_path / "job", environment={}, limits=Limits())
        timing.start()
        ended = job.wait(20)
        timing.join()
    assert ended is not None
    assert ended.stdout.strip() == str(sorted([tuple(sorted(ours)), tuple(sorted(ours - {timed}))]))


@pytest.mark.parametrize(
    ("timed", "ours", "siblings", "expected"),
    [
        ({0}, {0, 1}, "", set()),
        ({1}, {0, 1, 2, 3}, "", {0, 2, 3}),
        ({0}, {0, 1, 2, 3}, "0-1\n", {2, 3}),
        ({0}, {0, 1, 2, 3}, "0,2\n", {1, 3}),
        ({0}, {0, 1, 2, 3}, "0-3\n", set()),
        (set(), {0, 1, 2, 3}, "", set()),
    ],
)
def test_builds_have_no_core_in_common_with_what_is_timed(
    timed: set[int], ours: set[int], siblings: str, expected: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for processor in ours:
        if siblings:
            (tmp_path / str(processor)).write_text(siblings)
    monkeypatch.setattr(beside, "SIBLINGS", f"{tmp_path}/{{}}")
    assert beside.spared(timed, ours) == expected


class Counting:
    """The real backend, that counts and takes its time."""

    def __init__(self) -> None:
        self.real, self.built, self.together, self._running = cpu.create(), list[str](), 0, 0
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self.real.name

    @property
    def fingerprint(self) -> str:
        return self.real.fingerprint

    def build(self, kernel: str, task: Task, *, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut:
        with self._lock:
            self.built.append(kernel)
            self._running += 1
            self.together = max(self.together, self._running)
        time.sleep(0.2)
        try:
            return self.real.build(kernel, task, sandbox=sandbox, folder=folder)
        finally:
            with self._lock:
                self._running -= 1


def test_what_was_prepared_is_not_built_again_and_several_are_prepared_at_once(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    backend = Counting()
    with Bench(backend, sandbox, QUICK) as bench, ThreadPoolExecutor(4) as pool:
        on = stand(bench, sandbox, tmp_path, TASK)
        kernels = [f"{on.task.kernel}// {n}\n" for n in range(3)]
        list(pool.map(lambda kernel: bench.prepare(kernel, on.task), [*kernels, kernels[0]]))
        assert sorted(backend.built) == sorted(kernels)
        assert backend.together > 1
        bench.prepare("not C++", on.task)
        verdicts = list(pool.map(lambda kernel: bench.judge(kernel, on.task), kernels))
        assert all(isinstance(verdict, Correct) for verdict in verdicts), verdicts
        assert isinstance(bench.judge("not C++", on.task), BuildFailed)
        assert sorted(backend.built) == sorted([*kernels, "not C++", on.task.kernel])


def test_a_build_does_not_wait_for_the_device(bench: Bench, sandbox: Sandbox, tmp_path: Path) -> None:
    on = stand(bench, sandbox, tmp_path, TASK)
    with exclusive("cpu"):
        bench.prepare(on.task.kernel + "// another\n", on.task)
