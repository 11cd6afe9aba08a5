"""The re-measurement's own arithmetic, quickly; and, slowly, pairs whose answer is known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.loaded import ROOT, load

BENCHMARKS = ROOT / "benchmarks"

REMEASURE = load(BENCHMARKS / "remeasure.py")
CHILD = load(BENCHMARKS / "remeasure_child.py")


def checked(ratio: float, *, count: int = 1) -> list[Any]:
    claim = REMEASURE.Claim("tall", "start", 2.0, 1.9, 2.1)
    return [REMEASURE.check(claim, [ratio - 0.01, ratio, ratio + 0.01])] * count


def test_a_single_interval_may_not_miss() -> None:
    assert REMEASURE.holds(checked(2.05))
    assert not REMEASURE.holds(checked(2.2))


def test_of_twenty_intervals_one_may_miss() -> None:
    assert REMEASURE.holds(checked(2.0, count=19) + checked(3.0))
    assert not REMEASURE.holds(checked(2.0, count=18) + checked(3.0, count=2))


def test_a_process_beside_a_neighbour_does_not_count() -> None:
    quiet = [{"yardstick": [1.0, 1.05, 1.0, 1.07, 1.3]}]
    disturbed = [{"yardstick": [1.0, 1.3, 1.3, 1.3, 1.3]}]
    mixed = [*quiet, *disturbed]  # one of its pairs was beside one
    assert REMEASURE.undisturbed([quiet, disturbed, mixed, quiet]) == [quiet, quiet]
    assert REMEASURE.undisturbed([]) == []


def test_the_signature_of_a_kernel_is_read_from_its_source() -> None:
    source = """
    // extern "C" void not_this(int a);
    extern "C" __attribute__((hot)) void
    scale(const float* __restrict__ x, float *y, int64_t n, const double by) {}
    """
    found = CHILD.signature(source)
    assert found.entry == "scale"
    assert [(p.name, p.kind) for p in found.parameters] == [
        ("x", "input"),
        ("y", "output"),
        ("n", "int64_t"),
        ("by", "double"),
    ]


def test_build_flags_stand_before_the_code_and_name_no_files() -> None:
    assert REMEASURE.build_line("// softmax\n// build: -ffast-math -O2\nint x;") == ["-ffast-math", "-O2"]
    assert REMEASURE.build_line("int x;\n// build: -Ofast") == []
    for flag in ("-fplugin=x", "-wrapper", "@file", "-I/", "-fdump-tree-all"):
        assert not REMEASURE.BUILD_FLAG.fullmatch(flag)


def test_a_task_that_draws_its_inputs_draws_those_of_the_workload(tmp_path: Path) -> None:
    task = tmp_path / "task.py"
    task.write_text(
        "import torch\ndef get_inputs(): return [torch.randn(3)]\n"
        "def get_workloads(): return {'short': get_inputs, 'long': lambda: [torch.randn(70)]}\n"
    )
    for name, size in (("short", 3), ("long", 70)):
        workload = {"name": name, "drawn_by": str(task), "inputs": [], "outputs": []}
        one, other = CHILD.ring(workload, 2, np.random.default_rng(0))
        assert one.inputs[0].shape == (size,)
        assert not one.inputs[0].equal(other.inputs[0])


@pytest.mark.slow
def test_known_ratios_come_out_right_and_wrong_claims_are_refuted() -> None:
    command = [sys.executable, str(BENCHMARKS / "remeasure.py"), "--self-test"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
