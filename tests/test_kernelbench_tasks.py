"""Our own tasks in KernelBench's form: each can tell right from wrong, on several workloads, and none is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Form, Task, TensorSpec
from kernel_gepa.harness.probe import complete
from kernel_gepa.harness.screen import START_TAG, screen
from kernel_gepa.ports import Sandbox
from kernel_gepa.sandbox import bubblewrap, local
from tests.loaded import ROOT, load

FOLDER = ROOT / "kernelbench_tasks"
PATHS = sorted(FOLDER.glob("level*/*.py"))
NAMES = [f"{path.parent.name}/{path.stem}" for path in PATHS]
FEW = ("level1/6_SumOfSegments", "level2/11_EdgeScores", "level3/7_BottleneckAutoencoder")

every_one = pytest.mark.parametrize("path", PATHS, ids=NAMES)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return local.create() if bubblewrap.unavailable() else bubblewrap.create()


def test_there_are_enough_of_every_level_and_numbers_are_not_used_twice() -> None:
    for level, least in (("level1", 14), ("level2", 12), ("level3", 10)):
        numbers = [int(path.stem.split("_")[0]) for path in PATHS if path.parent.name == level]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert len(numbers) >= least
    assert len(PATHS) == 42, "the README says forty-two"


@every_one
def test_a_task_says_what_it_computes_and_what_makes_it_hard(path: Path) -> None:
    draft = look(path)
    assert draft.form is Form.KERNELBENCH
    assert draft.start_is_reference
    assert re.match(r".{20,160}\.\n\nHard: .{40,}", draft.statement, re.DOTALL), draft.statement
    assert "get_workloads" not in draft.kernel


@every_one
def test_inputs_have_both_signs_and_more_than_one_form(path: Path) -> None:
    task = load(path)
    torch.manual_seed(0)
    draws = [draw() for draw in task.get_workloads().values()]
    assert len(draws) >= 2
    assert len({tuple(tuple(x.shape) for x in draw) for draw in draws}) == len(draws)
    assert [x.shape for x in draws[0]] == [x.shape for x in task.get_inputs()]
    for draw in draws:
        for x in draw:
            signed = x.is_floating_point() or x.dtype == torch.int8
            assert not signed or (x.min() < 0 < x.max())
    scales = {f"{x.abs().mean():.1g}" for draw in draws for x in draw if x.is_floating_point()}
    assert len(scales) != 1


def probed(path: Path, sandbox: Sandbox, folder: Path) -> Task:
    """Raises TaskError for what is degenerate."""
    return complete(look(path), sandbox, folder)


def holds(task: Task) -> None:
    assert task.warnings == ()
    assert len(task.workloads) >= 2
    assert any(extent % 8 for w in task.workloads for s in (*w.inputs, *w.outputs) for extent in shape(s))
    assert max(t.rtol for w in task.workloads for t in w.tolerances) < 1e-3
    screened = screen(task.kernel, task)
    assert screened.reasons == ()
    assert START_TAG in screened.makers


def shape(spec: object) -> tuple[int, ...]:
    return spec.shape if isinstance(spec, TensorSpec) else ()


@pytest.mark.parametrize("name", FEW)
def test_the_bench_takes_a_task(name: str, sandbox: Sandbox, tmp_path: Path) -> None:
    holds(probed(FOLDER / f"{name}.py", sandbox, tmp_path))


@pytest.mark.slow
@every_one
def test_the_bench_takes_every_task(path: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    holds(probed(path, sandbox, tmp_path))
