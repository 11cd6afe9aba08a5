"""torch.compile as a baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.domain.timing import COMPILED, EAGER
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.harness.driver import Bench
from kernel_gepa.ports import Sandbox

from .stands import QUICK, stand

# Only as written does it go a long way round: beside torch.compile's version nothing is won by leaving that out.
TASK = """
import torch


class Model(torch.nn.Module):
    def forward(self, x):
        if not torch.compiler.is_compiling():
            for _ in range(60):
                x = x + 0.0
        return torch.relu(x)


def workloads_of(rows):
    return lambda: [torch.randn(rows, 512)]


def get_workloads():
    return {"few": workloads_of(16), "many": workloads_of(64)}


def get_inputs():
    return [torch.randn(16, 512)]


def get_init_inputs():
    return []
"""
NEW = """
import torch


class ModelNew(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("against", "least", "most"), [(EAGER, 5.0, 1000.0), (COMPILED, 0.0, 5.0)])
def test_what_is_won_depends_on_whether_the_reference_was_compiled(
    sandbox: Sandbox, tmp_path: Path, against: str, least: float, most: float
) -> None:
    with Bench(cpu.create(), sandbox, replace(QUICK, against=against, launch_limit_s=20.0)) as bench:
        verdict = stand(bench, sandbox, tmp_path, TASK).judge(NEW)
    assert isinstance(verdict, Correct), verdict
    assert [m.baseline for m in verdict.measurements] == [against] * 2
    assert all(least < m.speedup.value < most for m in verdict.measurements), verdict
