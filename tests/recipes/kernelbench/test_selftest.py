"""What has no right to pass must fail, and a problem where it does not is put aside: found out, not looked up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_gepa.benchmarks.kernelbench.rules import Rule
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Task
from kernel_gepa.harness.agreement import Agreement
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.probe import complete
from kernel_gepa.recipes.kernelbench.selftest import self_test
from kernel_gepa.recipes.plugins import backend_named, sandbox_named

FILE = """\
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(8)

    def forward(self, x):
        return {answer}


def get_inputs():
    return [{inputs}]


def get_init_inputs():
    return []
"""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    settings = Settings(against="eager", strict=False)
    with Bench(backend_named("cpu"), sandbox_named("local", model=None), settings) as made:
        yield made


def problem(folder: Path, name: str, answer: str, inputs: str = "torch.rand(16, 8)", *, more: str = "") -> Path:
    path = folder / f"{name}.py"
    path.write_text(FILE.format(answer=answer, inputs=inputs) + more)
    return path


def task_of(path: Path, bench: Bench) -> Task:
    folder = bench.folder / "tasks" / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    return complete(look(path), bench.sandbox, folder)


@pytest.mark.slow
def test_a_sound_problem_passes_and_its_copy_is_measured_around_one(bench: Bench, tmp_path: Path) -> None:
    found = self_test(problem(tmp_path, "sound", "torch.tanh(x) * 3", "torch.randn(64, 512)"), bench)
    assert not found.quarantined
    assert found.theirs == ()
    assert found.identity is None or 0.5 < found.identity.value < 2.0
    assert self_test(tmp_path / "sound.py", bench) is not None  # from the cache: nothing is run


def test_positive_inputs_make_relu_the_identity_for_kernelbench_and_not_for_us(bench: Bench, tmp_path: Path) -> None:
    found = self_test(problem(tmp_path, "relu", "torch.relu(x)"), bench, timed=False)
    assert not found.quarantined  # inputs of the other sign are among ours
    assert found.theirs == ("its first input would pass",)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("torch.relu(x - 2.0)", "zeros would pass"),
        pytest.param("torch.softmax(x.repeat(1, 4096), dim=1)", "zeros would pass", marks=pytest.mark.slow),
        ("x * 0.0 + 7.0", "the answer to other inputs would pass"),
    ],
)
def test_degenerate_problems_are_put_aside(bench: Bench, tmp_path: Path, answer: str, reason: str) -> None:
    found = self_test(problem(tmp_path, "degenerate", answer), bench, timed=False)
    assert found.quarantined or reason in found.theirs
    if answer.startswith("x *") or "relu" in answer:
        assert "degenerate" in found.unusable


@pytest.mark.slow
def test_what_cannot_be_repeated_is_put_aside_in_training_only(bench: Bench, tmp_path: Path) -> None:
    dropped = "torch.nn.functional.dropout(x, 0.5, self.training)"
    trained = self_test(problem(tmp_path, "train", dropped, more='\nmode = "train"\n'), bench, timed=False)
    assert "not deterministic" in trained.unusable
    assert not self_test(problem(tmp_path, "eval", dropped + " * 2"), bench, timed=False).unusable


def test_a_mode_reaches_reference_and_candidate(bench: Bench, tmp_path: Path) -> None:
    """Batch norm by the batch, as KernelBench runs it: what leaves the norm out is wrong, what keeps it is right."""
    path = problem(tmp_path, "norm", "self.norm(x * 3 + 1)", "torch.randn(16, 8)", more='\nmode = "train"\n')
    task = task_of(path, bench)
    head = "import torch\nfrom torch import nn\n\n\nclass ModelNew(nn.Module):\n    def __init__(self):\n"
    head += "        super().__init__()\n        self.norm = nn.BatchNorm1d(8)\n\n    def forward(self, x):\n"
    kept = head + "        return self.norm(3 * x + 1)\n"
    left_out = head + "        return (3 * x + 1) / (1 + 1e-5) ** 0.5\n"
    agreed = bench.agrees(kept, task, 3, Rule())
    assert isinstance(agreed, Agreement)
    assert (agreed.passed, agreed.trials) == (3, 3)
    refused = bench.agrees(left_out, task, 3, Rule())
    assert isinstance(refused, Agreement)
    assert refused.passed == 0
    assert "differs by up to" in refused.words
    assert bench.sound(kept, task) is None
    assert bench.sound(left_out, task) is not None


def test_an_unknown_mode_is_the_authors_to_change(bench: Bench, tmp_path: Path) -> None:
    found = self_test(problem(tmp_path, "mode", "x + 1", more='\nmode = "training"\n'), bench, timed=False)
    assert "it may be" in found.unusable
