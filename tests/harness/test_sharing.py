"""Memory that what a module returns shares: with another output, with its inputs, with what it computes with."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_gepa.domain.verdict import Incorrect, Verdict
from kernel_gepa.harness.driver import Bench
from kernel_gepa.ports import Sandbox

from .stands import stand

MODEL = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.arange(31.0))

    def forward(self, x):
        RETURN


def get_inputs():
    return [torch.randn(17, 31)]


def get_init_inputs():
    return []
"""
APART = "y = x * self.weight; return y, y[:, :5].clone(), self.weight.clone()"
VIEWS = "y = x * self.weight; return y, y[:, :5], self.weight.detach()"


def judged(bench: Bench, sandbox: Sandbox, folder: Path, reference: str, kernel: str) -> Verdict | None:
    on = stand(bench, sandbox, folder, MODEL.replace("RETURN", reference))
    text = MODEL.partition("def get_inputs")[0].replace("Model", "ModelNew")
    return bench.sound(text.replace("RETURN", kernel), on.task)


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (VIEWS, "output0 and output1 are the same memory"),
        ("y = x * self.weight; return y, y.clone()[:, :5], self.weight.detach()", "memory that it computes with"),
        (
            "y = x * self.weight; z = torch.as_strided(y, (17, 5), (31, 1)); return y, z, self.weight.clone()",
            "same memory",
        ),
    ],
    ids=["views", "parameter", "strided"],
)
def test_what_shares_memory_where_the_reference_does_not_is_told(
    bench: Bench, sandbox: Sandbox, tmp_path: Path, kernel: str, said: str
) -> None:
    verdict = judged(bench, sandbox, tmp_path, APART, kernel)
    assert isinstance(verdict, Incorrect), verdict
    assert said in verdict.mismatches[0].what


@pytest.mark.parametrize(
    ("reference", "kernel"),
    [
        (APART, APART),
        (VIEWS, VIEWS),
        (VIEWS, APART),
        (
            APART,
            "y = x * self.weight; both = torch.cat([y, y], 1); return both[:, :31], both[:, 31:36], self.weight + 0",
        ),
        ("return (x * self.weight).sum(), x.mean()", "return (x * self.weight).sum(), x.mean()"),
        ("return x > 0, (x > 0).long()", "return x > 0, (x > 0).long()"),
        ("return x.mean(0, keepdim=True).expand(17, 31)", "return x.mean(0, keepdim=True).expand(17, 31)"),
        ("return x, x[:3]", "return x, x[:3]"),
        ("return x * 2, x[:, :0]", "return x * 2, x[:, :0].clone()"),
    ],
    ids=["apart", "views", "fewer", "one buffer", "scalars", "other types", "expanded", "inputs", "empty"],
)
def test_what_shares_no_more_than_the_reference_passes(
    bench: Bench, sandbox: Sandbox, tmp_path: Path, reference: str, kernel: str
) -> None:
    assert judged(bench, sandbox, tmp_path, reference, kernel) is None


def test_an_output_may_not_lie_in_an_input_because_another_does(bench: Bench, sandbox: Sandbox, tmp_path: Path) -> None:
    verdict = judged(bench, sandbox, tmp_path, "return x, x.clone() + 0", "return x, x.view(17, 31)")
    assert isinstance(verdict, Incorrect), verdict
    assert "memory of its input" in verdict.mismatches[0].what
