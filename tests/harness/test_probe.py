"""From a draft to a task: what is refused since it cannot tell right from wrong, with a sentence for its author."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Task, Tolerance
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.probe import complete
from kernel_gepa.ports import Sandbox

KERNEL = 'kernel = """\nextern "C" void f(const float* x, float* y, long n) {}\n"""\n'


Probe = Callable[[str], Task]


@pytest.fixture
def probe(sandbox: Sandbox, tmp_path: Path) -> Probe:
    def probe(source: str) -> Task:
        path = tmp_path / "task.py"
        path.write_text(textwrap.dedent(source))
        return complete(look(path), sandbox, tmp_path)

    return probe


def own(*, reference: str = "return x * 2", workloads: str = '{"w": {"x": "float32[n=64]"}}', head: str = "") -> str:
    body = textwrap.indent(textwrap.dedent(reference).strip(), "    ")
    return (
        f"import torch\n{head}\n{KERNEL}\n\ndef workloads():\n    return {workloads}\n\n\n"
        f"def reference(x, *rest):\n{body}\n"
    )


def refusal(probe: Probe, source: str) -> str:
    with pytest.raises(TaskError) as caught:
        probe(source)
    return str(caught.value)


def test_outputs_and_tolerance_come_from_running_the_reference(probe: Probe) -> None:
    task = probe(
        own(reference="return x.double() * 2, (x > 0), x.argmax()", workloads='{"w": {"x": "float32[3, n=5]"}}')
    )
    (workload,) = task.workloads
    assert [str(o) for o in workload.outputs] == ["float64[3, 5]", "bool[3, 5]", "int64[]"]
    assert [t == Tolerance(0.0, 0.0) for t in workload.tolerances] == [False, True, True]
    assert task.tolerance == workload.tolerances[0]
    assert task.tolerance.rtol < 1e-10
    assert 0 < task.tolerance.atol < 1e-10


def test_a_tolerance_that_is_written_is_taken(probe: Probe) -> None:
    assert probe(own(head='tolerance = {"rtol": 0.5, "atol": 0}')).tolerance == Tolerance(0.5, 0.0)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (own(reference="return x + torch.rand_like(x)"), "not deterministic"),
        (own(reference="return x * float('nan')"), "no finite value"),
        (own(reference="return x / 0"), "no finite value"),
        (own(reference="raise ValueError('not today')"), "not today"),
        (own(reference="return x.tolist()"), "must be a torch.Tensor"),
        (own(reference="return None"), "must be a torch.Tensor"),
        (own(reference="import os; os._exit(1)"), "crashed its worker"),
        (own(workloads="None"), "must return a mapping"),
        (own(workloads="{}"), "must return a mapping"),
        (own(workloads="[1]"), "must return a mapping"),
        (own(workloads='{"w": "float32[4]"}'), "must map the names"),
        (own(workloads='{"w": {"x": "float33[4]"}}'), "known are"),
        (own(workloads='{"w": {"x": torch.ones(3)}}'), "more than texts and numbers"),
        (own(workloads='{"w": {"x": object()}}'), "more than texts and numbers"),
        (own(workloads='{"w": {"x": "float32[1000000, 1000000]"}}'), "does not fit into memory"),
        (own(workloads='{"w": {"x": "float32[999999999999999999999]"}}'), "does not fit into memory"),
        (own(head="tolerance = 1e-3"), "tolerance of"),
        (own(head='tolerance = {"rtol": 1e-3}'), "tolerance of"),
        (own(head='tolerance = {"rtol": -1, "atol": 0}'), "tolerance of"),
        (own(head='tolerance = {"rtol": 2, "atol": 0}'), "tolerance of"),
        (own(head='tolerance = {"rtol": float("nan"), "atol": 0}'), "tolerance of"),
        (own(head='tolerance = {"rtol": True, "atol": 0}'), "tolerance of"),
        (own(reference="return torch.ones_like(x)"), "degenerate.* the answer is the same for different inputs"),
        (own(reference="return torch.relu(x - 50)"), "degenerate.* zeros would pass"),
        (own(reference="return x * 1e-7", head='tolerance = {"rtol": 1e-4, "atol": 1e-5}'), "smaller tolerance"),
        (own(reference="return 3 + 1e-4 * x", head='tolerance = {"rtol": 1e-2, "atol": 0}'), "a constant would pass"),
        (own(head='stress = "hard"'), "stress of .* write False, or a list of some of scale, sign"),
        (own(head="import no_such_package"), "no_such_package"),
        (own(head="raise SystemExit(3)"), "crashed its worker|SystemExit"),
    ],
)
def test_a_task_that_cannot_be_one_is_refused_with_a_sentence(probe: Probe, source: str, said: str) -> None:
    assert re.search(said, refusal(probe, source))


def test_an_input_that_changes_nothing_is_named(probe: Probe) -> None:
    three = '{"w": {"x": "float32[n=64]", "unused": "float32[8]", "faint": "float32[n]"}}'
    task = probe(own(reference="return x * 2 + 1e-9 * rest[1]", workloads=three))
    assert [re.findall(r"does not depend on (\w+)", w) for w in task.warnings] == [["unused"], ["faint"]]
    assert probe(own(reference="return x * 2 + rest[0]", workloads='{"w": {"x": "float32[8]", "y": "float32[8]"}}')) \
        .warnings == ()  # fmt: skip


def test_an_output_that_never_changes_is_named(probe: Probe) -> None:
    (warning,) = probe(own(reference="return x * 2, torch.zeros(3)")).warnings
    assert "output1 is the same for different inputs" in warning


def test_a_stated_tolerance_that_the_reference_itself_misses_is_told(probe: Probe) -> None:
    task = probe(own(reference="return (x + 1000) - 1000", head='tolerance = {"rtol": 1e-6, "atol": 1e-7}'))
    assert "the reference itself misses the tolerance in" in task.warnings[0]
    derived = probe(own(reference="return (x + 1000) - 1000"))
    assert derived.warnings == ()
    assert 1e-5 < derived.tolerance.atol < 1e-2


def test_a_derived_tolerance_does_not_tell_tasks_apart(probe: Probe) -> None:
    task = probe(own())
    other = replace(task, workloads=tuple(replace(w, tolerances=(Tolerance(1.0, 1.0),)) for w in task.workloads))
    assert task.fingerprint == replace(other, tolerance=Tolerance(1.0, 1.0)).fingerprint
    assert task.fingerprint != replace(task, stress=()).fingerprint
    stated = probe(own(head='tolerance = {"rtol": 0.5, "atol": 0}'))
    assert stated.fingerprint != replace(stated, tolerance=Tolerance(0.25, 0.0)).fingerprint


def test_a_module_whose_inputs_cannot_be_passed_is_refused(probe: Probe) -> None:
    module = """
    import torch
    from torch import nn


    class Model(nn.Module):
        def forward(self, x):
            return x


    def get_inputs():
        return {inputs}


    def get_init_inputs():
        return {init}
    """
    assert "must be a torch.Tensor or a number" in refusal(probe, module.format(inputs="['text']", init="[]"))
    assert "TypeError" in refusal(probe, module.format(inputs="[torch.ones(3)]", init="[1, 2]"))
    assert refusal(probe, module.format(inputs="3", init="[]"))


NAMED = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width))

    def forward(self, x, shift):
        return x * self.weight + shift


def get_inputs():
    return [torch.randn(3, 8), 2]


def get_init_inputs():
    return [8]


def get_workloads():
    return WORKLOADS
"""


def test_a_file_of_kernelbench_form_may_name_several_workloads(probe: Probe) -> None:
    task = probe(
        NAMED.replace("WORKLOADS", '{"as published": get_inputs, "tall": lambda: [torch.randn(70, 8) * 30, -1]}')
    )
    assert [str(w) for w in task.workloads] == [
        "as published: float32[3, 8], input1=2 -> float32[3, 8]",
        "tall: float32[70, 8], input1=-1 -> float32[70, 8]",
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{}", "a dictionary from names to functions, and not an empty one"),
        ("[get_inputs]", "a dictionary from names to functions"),
        ('{"only": [torch.randn(3, 8), 2]}', "workload 'only' of get_workloads.. is a list; it must be a function"),
        ("{3: get_inputs}", "names a workload 3; a name is a text"),
        ('{"odd": lambda: [torch.randn(3, 7), 2]}', "size of tensor"),
        ('{"odd": lambda: 7 / 0}', "ZeroDivisionError"),
        ('{"odd": get_inputs, "zeros": lambda: [torch.zeros(3, 8), 0]}', "on workload zeros of task zeros would pass"),
    ],
)
def test_workloads_that_cannot_be_drawn_are_refused_with_a_sentence(probe: Probe, written: str, said: str) -> None:
    assert re.search(said, refusal(probe, NAMED.replace("WORKLOADS", written)))


def test_nothing_of_a_probe_is_left_running(probe: Probe, tmp_path: Path) -> None:
    probe(own())
    held = str(tmp_path).encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert held not in path.read_bytes()
        except OSError:
            continue
