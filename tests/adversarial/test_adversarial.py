"""Every known cheat is one file in kernels/, with the verdict it must get in its first lines; none may look faster.

`strict: no` turns the screen off, to test the walls behind it. Honest kernels of unusual style are in honest/.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Form, Task, Tolerance
from kernel_gepa.domain.verdict import Correct, Verdict, name
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.measure import Rounds
from kernel_gepa.harness.probe import complete
from kernel_gepa.harness.screen import screen
from kernel_gepa.ports import Sandbox
from kernel_gepa.sandbox import bubblewrap, docker, local

from .header import EXPLOITS, FOLDER, HONEST, Header, table
from .tasks import SOURCES

ROUNDS = Rounds(least=7, most=8, limit_s=2.0, patience=1)

# A copy measured beside itself stays below this; whoever cheats wins more, or why cheat.
NOT_FASTER = 1.25

# What gets through today, and why. Empty is the aim.
OPEN: dict[str, str] = {}


class Court:
    """A bench for each form of kernel, with the tasks that were asked for. Screens by itself, so one bench does."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self._folder = sandbox, folder
        self._benches: dict[str, Bench] = {}
        self._tasks: dict[str, Task] = {}

    def judge(self, header: Header) -> Verdict:
        task = self.task(header.task)
        kernel = header.path.read_text()
        if not header.walled:
            refused = screen(kernel, task).verdict()
            if refused is not None:
                return refused
        # Eager tanh is another algorithm: native kernels are held against the start. A module's start costs a torch.
        return self._bench("start" if task.form is Form.NATIVE else "eager").judge(kernel, task)

    def task(self, wanted: str) -> Task:
        if wanted not in self._tasks:
            path = self._folder / f"{wanted}.py"
            path.write_text(SOURCES[wanted])
            self._tasks[wanted] = complete(look(path), self.sandbox, self._folder)
        return self._tasks[wanted]

    def _bench(self, against: str) -> Bench:
        if against not in self._benches:
            settings = Settings(against=against, strict=False, rounds=ROUNDS, launch_limit_s=5.0)
            self._benches[against] = Bench(cpu.create(), self.sandbox, settings)
        return self._benches[against]

    def close(self) -> None:
        for bench in self._benches.values():
            bench.__exit__(None, None, None)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("local", marks=pytest.mark.slow),  # starts PyTorch anew for each module
        pytest.param("bubblewrap", marks=[] if docker.unavailable() else pytest.mark.slow),  # one of the two at least
        pytest.param("docker", marks=pytest.mark.docker),
    ],
)
def court(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    module = {"local": local, "bubblewrap": bubblewrap, "docker": docker}[request.param]
    problem = None if module is local else module.unavailable()
    if problem is not None:
        pytest.skip(problem)
    made = Court(module.create(), tmp_path_factory.mktemp(request.param))
    yield made
    made.close()


def cases(headers: list[Header]) -> list[object]:
    return [
        pytest.param(header, id=header.path.name, marks=[pytest.mark.slow] if header.slow else []) for header in headers
    ]


@pytest.mark.parametrize("header", cases(EXPLOITS))
def test_a_known_cheat_gets_its_verdict(header: Header, court: Court, request: pytest.FixtureRequest) -> None:
    if court.sandbox.name not in header.sandboxes:
        pytest.skip(f"{court.sandbox.name} promises nothing against this class")
    if header.path.name in OPEN:
        request.applymarker(pytest.mark.xfail(strict=True, reason=OPEN[header.path.name]))
    for _ in range(header.times):
        verdict = court.judge(header)
        assert name(verdict) in header.verdicts, verdict
        if isinstance(verdict, Correct):
            assert verdict.speedup.low < NOT_FASTER, verdict.speedup


@pytest.mark.parametrize("header", cases(HONEST))
def test_an_honest_kernel_of_unusual_style_is_accepted(header: Header, court: Court) -> None:
    verdict = court.judge(header)
    assert isinstance(verdict, Correct), verdict


@pytest.mark.parametrize("header", cases([h for h in EXPLOITS if h.walled]))
def test_what_the_wall_is_tested_with_does_not_pass_the_screen(header: Header) -> None:
    form = Form.NATIVE if header.path.suffix == ".cpp" else Form.KERNELBENCH
    task = Task("t", "", form, SOURCES[header.task], "", (), Tolerance(0, 0))
    assert screen(header.path.read_text(), task).reasons


def test_every_exploit_says_its_class_and_what_stops_it() -> None:
    assert [h.path.name for h in EXPLOITS if "honest" in h.kind or not h.wall] == []
    assert len(EXPLOITS) >= 40
    assert len(HONEST) >= 15


def test_the_readme_lists_all_of_them() -> None:
    assert (FOLDER / "README.md").read_text() == table() + "\n", "make it anew: its second paragraph says how"
