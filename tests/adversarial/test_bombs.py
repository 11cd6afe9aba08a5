"""Kernels that want to take the machine with them, one file each in bombs/, with the verdict they must get.

After each of them a good kernel is judged by the same bench, nothing of the bomb is alive, and the memory is back.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import name, reason
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.measure import Rounds
from kernel_gepa.harness.probe import available_bytes, complete
from kernel_gepa.ports import Sandbox
from kernel_gepa.sandbox import bubblewrap, docker, local
from tests.adversarial.tasks import SOURCES

BOMBS = sorted((Path(__file__).parent / "bombs").iterdir())
LIMIT_S = 3.0
LAX_S = 2.0  # beyond its limit
TRIES = 3  # a bomb beside a busy moment of another test process may be later; one that is always later is a defect
SETTINGS = Settings(
    strict=False, rounds=Rounds(least=3, most=3, limit_s=1.0), launch_limit_s=LIMIT_S, memory_bytes=1 << 30
)

NO_DOCKER, NO_BUBBLES = docker.unavailable(), bubblewrap.unavailable()
SANDBOXES = [
    pytest.param(local.create(), id="local", marks=pytest.mark.slow),
    pytest.param(
        bubblewrap.create(),
        id="bubblewrap",
        marks=[  # one of the two at least
            pytest.mark.skipif(NO_BUBBLES is not None, reason=NO_BUBBLES or ""),
            *([] if NO_DOCKER else [pytest.mark.slow]),
        ],
    ),
    pytest.param(
        docker.create(),
        id="docker",
        marks=[pytest.mark.docker, pytest.mark.skipif(NO_DOCKER is not None, reason=NO_DOCKER or "")],
    ),
]


@pytest.fixture(scope="module", params=SANDBOXES)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    found: Sandbox = request.param
    return found


@pytest.fixture(scope="module")
def task(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Task:
    folder = tmp_path_factory.mktemp("task")
    (folder / "squash.py").write_text(SOURCES["squash"])
    return complete(look(folder / "squash.py"), sandbox, folder)


@pytest.fixture(scope="module")
def bench(sandbox: Sandbox) -> Iterator[Bench]:
    with Bench(cpu.create(), sandbox, SETTINGS) as bench:
        yield bench


def strangers(bench: Bench) -> int:
    """Processes of the bench's sandboxes that are no fork server, and neither a job that is wanted nor its warden."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        # The wrappers name the folder too, as what they show or as what they start.
        found += b"python" in words[0] and any(w.startswith(str(bench.folder).encode()) for w in words[1:])
    servers = [s for group in bench._workers._servers.values() for s in group if not s.broken]
    wanted = sum(max(1, s._guests) - len(s._free) for s in servers)
    return found - len(servers) - 2 * wanted


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LAX_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda path: path.stem)
def test_a_bomb_gets_its_verdict_and_takes_nobody_with_it(
    bomb: Path, bench: Bench, task: Task, sandbox: Sandbox
) -> None:
    source = bomb.read_text()
    where = re.search(r"^// sandboxes: (.+)$", source, re.M)
    if where and sandbox.name not in where[1].split():
        pytest.skip(f"{sandbox.name} does not claim to contain it")
    stated = re.match(r"// verdict: (\w+)(?:; (.+))?\n", source)
    assert stated is not None
    assert name(bench.judge(task.kernel, task)) == "correct"  # and all that is started once is started
    assert soon(lambda: strangers(bench) == 0)
    memory = available_bytes() or 0
    bench.built(source, task)
    for left in reversed(range(TRIES)):
        begun = time.monotonic()
        verdict = bench.judge(source, task)
        spent = time.monotonic() - begun
        assert name(verdict) == stated[1], reason(verdict)
        if stated[2]:
            assert stated[2] in reason(verdict)
        if spent < LIMIT_S + LAX_S:
            break
        assert left, f"{spent:.1f} s"
    assert soon(lambda: strangers(bench) == 0)
    assert name(bench.judge(task.kernel, task)) == "correct"
    if "PYTEST_XDIST_WORKER" not in os.environ:  # beside another test process the memory is not ours alone
        assert soon(lambda: (available_bytes() or 0) > memory - (512 << 20))


def test_the_limit_of_a_launch_is_what_a_bomb_meets(task: Task, sandbox: Sandbox) -> None:
    """Not some other one that happens to be shorter."""
    with Bench(cpu.create(), sandbox, replace(SETTINGS, launch_limit_s=0.5)) as bench:
        loop = (Path(__file__).parent / "bombs" / "loop.cpp").read_text()
        assert reason(bench.judge(loop, task)) == "no end of the check stage within 0.5 s"
