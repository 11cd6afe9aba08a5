"""The bench on KernelBench-form modules: weights, tuples, scalars, and what a ModelNew can do wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kernel_gepa.domain.verdict import BuildFailed, Correct, Crashed, Incorrect, Rejected
from kernel_gepa.harness.driver import Bench
from kernel_gepa.ports import Sandbox

from .stands import Stand, stand

TASK = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width, window, scale):
        super().__init__()
        assert window == (3, 1), "a tuple arrives as a tuple"
        self.first = nn.Linear(width, 24)
        self.second = nn.Linear(width, 24)
        self.scale = scale

    def forward(self, x, shift):
        return torch.relu(self.first(x)) + shift, (self.second(x) * self.scale).sum(dim=1)


def get_inputs():
    return [torch.randn(17, 32), 0.75]


def get_init_inputs():
    return [32, (3, 1), 2.0]
"""

NEW = """
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width, window, scale):
        super().__init__()
        self.first = nn.Linear(width, 24)
        self.second = nn.Linear(width, 24)
        self.scale = scale

    def forward(self, x, shift):
        return self.first(x).clamp(min=0) + shift, self.second(x).sum(dim=1) * self.scale
"""


@pytest.fixture(scope="module")
def module(bench: Bench, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    return stand(bench, sandbox, tmp_path_factory.mktemp("task"), TASK)


def test_the_probe_finds_tensors_numbers_and_every_output(module: Stand) -> None:
    (workload,) = module.task.workloads
    assert [str(i) for i in workload.inputs] == ["float32[17, 32]", "input1=0.75"]
    assert [str(o) for o in workload.outputs] == ["float32[17, 24]", "float32[17]"]


def test_a_correct_module_is_measured(module: Stand) -> None:
    verdict = module.judge(NEW)
    assert isinstance(verdict, Correct), verdict
    assert verdict.tags == ("library call",)


def test_parameters_made_in_another_order_get_the_references_values(module: Stand) -> None:
    swapped = NEW.replace("        self.first = nn.Linear(width, 24)\n", "").replace(
        "        self.scale = scale\n", "        self.first = nn.Linear(width, 24)\n        self.scale = scale\n"
    )
    assert swapped.index("self.second =") < swapped.index("self.first =")
    verdict = module.judge(swapped)
    assert isinstance(verdict, Correct), verdict


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return self.first", "return self.first(x), self.first", "returns 3 outputs"),
        (".sum(dim=1)", ".sum(dim=1, keepdim=True)", "output 1 has shape"),
        ("+ shift,", "+ shift * 1.5,", "are wrong"),
        ("clamp(min=0) + shift,", "double().clamp(min=0) + shift,", "output 0 has dtype float64"),
        ("clamp(min=0) + shift,", "clamp(min=0) / 0 + shift,", "are wrong"),
        ("return self.first", "x.zero_(); return self.first", "changes its input"),
        ("* self.scale", "* self.scale, None", "returns 3 outputs"),
        ("+ shift, self", "+ shift, 3 and self", None),
    ],
    ids=["count", "shape", "value", "dtype", "infinite", "input", "none", "fine"],
)
def test_a_module_that_is_wrong_is_told_how(module: Stand, old: str, new: str, said: str | None) -> None:
    assert old in NEW
    verdict = module.judge(NEW.replace(old, new))
    if said is None:
        assert isinstance(verdict, Correct), verdict
        return
    assert isinstance(verdict, Incorrect), verdict
    assert re.search(said, verdict.mismatches[0].what), verdict


@pytest.mark.parametrize(
    ("kernel", "kind", "said"),
    [
        (NEW.replace("super().__init__()", "super().__init__(); raise ValueError('not today')"), Crashed, "not today"),
        (NEW.replace("return self.first", "raise RuntimeError('no luck'); return self.first"), Crashed, "no luck"),
        (NEW.replace("ModelNew", "Other"), BuildFailed, "no class ModelNew"),
        (NEW.replace("import torch\n", "import torch as\n", 1), BuildFailed, "does not parse"),
        (NEW.replace("import torch\n", "import torch\nimport no_such_package\n", 1), Crashed, "no_such_package"),
        (NEW.replace("import torch\n", "import torch\nimport time\n", 1), Rejected, "imports time"),
        (TASK.replace("class Model(", "class ModelNew("), Rejected, "copy of the reference"),
        (NEW.replace("* self.scale", "* Model.scale"), Rejected, "delegates"),
    ],
    ids=["constructor", "forward", "name", "syntax", "import", "clock", "copy", "delegates"],
)  # fmt: skip
def test_a_module_that_is_no_kernel_gets_the_verdict_of_its_stage(
    module: Stand, kernel: str, kind: type, said: str
) -> None:
    verdict = module.judge(kernel)
    assert isinstance(verdict, kind), verdict
    assert said in getattr(verdict, "reason", "")


def test_the_start_that_is_the_reference_is_judged_and_marked(module: Stand) -> None:
    verdict = module.judge(module.task.kernel)
    assert isinstance(verdict, Correct), verdict
    assert "a copy of the reference, to start from" in verdict.tags


@pytest.mark.slow
def test_inline_cpp_is_compiled_in_the_worker(sandbox: Sandbox, tmp_path: Path) -> None:
    from kernel_gepa.backends import cpu
    from kernel_gepa.harness.driver import Settings

    source = """
    import torch
    from torch import nn
    from torch.utils.cpp_extension import load_inline

    doubled = load_inline(name="doubled", cpp_sources="torch::Tensor doubled(torch::Tensor x) { return x + x; }",
                          functions=["doubled"])


    class ModelNew(nn.Module):
        def forward(self, x):
            return doubled.doubled(x)
    """
    task = """
    import torch
    from torch import nn


    class Model(nn.Module):
        def forward(self, x):
            return 2 * x


    def get_inputs():
        return [torch.randn(64)]


    def get_init_inputs():
        return []
    """
    with Bench(cpu.create(), sandbox, Settings(against="eager")) as bench:
        on = stand(bench, sandbox, tmp_path, task)
        verdict = on.judge(source)
    assert isinstance(verdict, Correct), verdict
    assert verdict.tags == ("own kernel", "inline C++")


def test_every_named_workload_is_checked_and_timed_on_its_own_draws(
    bench: Bench, sandbox: Sandbox, tmp_path: Path
) -> None:
    named = (
        '\n\ndef get_workloads():\n    return {"one": get_inputs, "tall": lambda: [3 * torch.randn(300, 32), -0.5]}\n'
    )
    on = stand(bench, sandbox, tmp_path, TASK + named)
    right = on.judge(NEW)
    assert isinstance(right, Correct), right
    assert [m.workload for m in right.measurements] == ["one", "tall"]
    wrong = on.judge(NEW.replace("return self.first(x)", "return 0 * x[:, :24] if len(x) > 99 else self.first(x)"))
    assert isinstance(wrong, Incorrect), wrong
    assert {m.workload for m in wrong.mismatches} == {"tall"}
