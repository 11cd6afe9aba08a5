"""What modules of KernelBench's form do by habit, each as a small task of our own that goes through the whole bench."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Correct, Incorrect
from kernel_gepa.harness.driver import Bench
from kernel_gepa.ports import Sandbox

from .stands import QUICK, Stand, stand

HEAD = """
import torch
from torch import nn
from torch.nn import functional as F


"""


@dataclass(frozen=True)
class Habit:
    """`old` in the model becomes `new` in the kernel, which is right; `slip` in place of `new` is wrong."""

    model: str
    old: str
    new: str
    slip: str

    @property
    def task(self) -> str:
        return HEAD + textwrap.dedent(self.model)

    def kernel(self, put: str) -> str:
        text = textwrap.dedent(self.model)
        assert self.old in text
        return HEAD + text.partition("def get_inputs")[0].replace("Model", "ModelNew").replace(self.old, put)


HABITS = {
    # The rectifier overwrites the batch norm's output; in eval mode the norm uses its running statistics, and the
    # dropout does nothing. Running statistics are buffers and have to be shared like weights.
    "in-place modules in eval mode": Habit(
        """
        class Model(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.norm = nn.BatchNorm2d(channels)
                self.norm.running_mean.normal_()
                self.norm.running_var.uniform_(0.5, 2)
                self.rectify = nn.ReLU(inplace=True)
                self.drop = nn.Dropout(0.5)

            def forward(self, x):
                return self.drop(self.rectify(self.norm(x)))

        def get_inputs():
            return [torch.randn(3, 8, 5, 5)]

        def get_init_inputs():
            return [8]
        """,
        old="return self.drop(self.rectify(self.norm(x)))",
        new="scale = (self.norm.weight * torch.rsqrt(self.norm.running_var + self.norm.eps))[:, None, None]; "
        "return ((x - self.norm.running_mean[:, None, None]) * scale + self.norm.bias[:, None, None]).relu_()",
        slip="return F.relu(F.batch_norm(x, None, None, training=True))",
    ),
    "whole numbers in and a scalar out": Habit(
        """
        class Model(nn.Module):
            def __init__(self, words, width):
                super().__init__()
                self.table = nn.Embedding(words, width)

            def forward(self, tokens, following):
                return F.cross_entropy(self.table(tokens) @ self.table.weight.T, following)

        def get_inputs():
            return [torch.randint(0, 50, (40,)), torch.randint(0, 50, (40,), dtype=torch.int64)]

        def get_init_inputs():
            return [50, 16]
        """,
        old="return F.cross_entropy(self.table(tokens) @ self.table.weight.T, following)",
        new="scores = self.table.weight[tokens] @ self.table.weight.T; "
        "return (scores.logsumexp(1) - scores.gather(1, following[:, None])[:, 0]).mean()",
        slip="return F.cross_entropy(self.table(tokens) @ self.table.weight.T, following, reduction='sum')",
    ),
    "nested constructor arguments, several inputs, numbers among them, a tuple out": Habit(
        """
        class Model(nn.Module):
            def __init__(self, widths, window, options):
                super().__init__()
                assert widths == [12, [6, 7]] and window == (3, (1, 2)) and options == [True, None, "same", 0.5]
                self.left = nn.Linear(widths[0], widths[1][0])
                self.right = nn.Linear(widths[0], widths[1][1], bias=False)

            def forward(self, x, y, scale, flip):
                return self.left(x) * scale, -self.right(y) if flip else self.right(y)

        def get_inputs():
            return [torch.randn(9, 12), torch.rand(5, 12), 0.25, True]

        def get_init_inputs():
            return [[12, [6, 7]], (3, (1, 2)), [True, None, "same", 0.5]]
        """,
        old="return self.left(x) * scale, -self.right(y) if flip else self.right(y)",
        new="return [F.linear(x * scale, self.left.weight, self.left.bias * scale), self.right(-y if flip else y)]",
        slip="return self.left(x) * scale, self.right(y)",
    ),
    # Made in another order under the same seed, the parameters would have other values; and a plain tensor is no part
    # of the module's state, so it has to come out of the constructor right.
    "parameters in another order": Habit(
        """
        class Model(nn.Module):
            def __init__(self, width):
                super().__init__()
                self.gate = nn.Parameter(torch.randn(width)); self.out = nn.Linear(width, width)

            def forward(self, x):
                return self.out(x * torch.sigmoid(self.gate))

        def get_inputs():
            return [torch.randn(7, 24)]

        def get_init_inputs():
            return [24]
        """,
        old="self.gate = nn.Parameter(torch.randn(width)); self.out = nn.Linear(width, width)",
        new="self.out = nn.Linear(width, width); self.gate = nn.Parameter(torch.randn(width))",
        slip="self.out = nn.Linear(width, width); self.gate = self.own = nn.Parameter(torch.randn(width))",
    ),
    "a plain tensor made by the constructor": Habit(
        """
        class Model(nn.Module):
            def __init__(self, width, layers):
                super().__init__()
                self.start = torch.randn(layers, 4, width)
                self.cell = nn.GRU(width, width, layers, batch_first=True)

            def forward(self, x):
                self.start = self.start.to(x.device)
                out, last = self.cell(x, self.start)
                return out[:, -1], last

        def get_inputs():
            return [torch.randn(4, 6, 10)]

        def get_init_inputs():
            return [10, 2]
        """,
        old="return out[:, -1], last",
        new="return last[-1].clone(), last",
        slip="return last[0].clone(), last",
    ),
    "masks in and positions out": Habit(
        """
        class Model(nn.Module):
            def forward(self, x, mask):
                x = x.masked_fill(mask, float("-inf"))
                return x.argmax(dim=1), torch.zeros(x.shape[0]) + x.amax(dim=1)

        def get_inputs():
            return [torch.randn(30, 20), torch.rand(30, 20) < 0.3]

        def get_init_inputs():
            return []
        """,
        old="return x.argmax(dim=1), torch.zeros(x.shape[0]) + x.amax(dim=1)",
        new="best = x.max(dim=1); return best.indices, best.values",
        slip="best = x.max(dim=1); return best.indices + 1, best.values",
    ),
}


@pytest.fixture(scope="module")
def patient(sandbox: Sandbox) -> Iterator[Bench]:
    """No limit is tested here, and a busy machine must not meet one."""
    with Bench(cpu.create(), sandbox, replace(QUICK, load_limit_s=120.0, launch_limit_s=30.0)) as bench:
        yield bench


@pytest.fixture(scope="module", params=HABITS, ids=list(HABITS))
def on(
    request: pytest.FixtureRequest, patient: Bench, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Habit, Stand]:
    habit = HABITS[request.param]
    return habit, stand(patient, sandbox, tmp_path_factory.mktemp("habit"), habit.task)


def test_a_module_with_the_habit_is_judged_right(on: tuple[Habit, Stand]) -> None:
    habit, at = on
    verdict = at.judge(habit.kernel(habit.new))
    assert isinstance(verdict, Correct), verdict


def test_a_slip_in_it_is_seen(on: tuple[Habit, Stand]) -> None:
    habit, at = on
    verdict = at.judge(habit.kernel(habit.slip))
    assert isinstance(verdict, Incorrect), verdict


@pytest.mark.slow
def test_the_model_itself_can_be_the_start(on: tuple[Habit, Stand]) -> None:
    """The search may begin without a ModelNew: the reference under another name must pass its own check."""
    _, at = on
    task: Task = at.task
    assert task.start_is_reference
    assert at.bench.sound(task.kernel, task) is None
