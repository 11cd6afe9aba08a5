"""KernelBench's inline C++ against PyTorch's stable ABI: compiled inside the worker while its module is imported."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.verdict import BuildFailed, Correct
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.probe import complete
from kernel_gepa.ports import Sandbox
from tests.loaded import ROOT

from .stands import QUICK, Stand

needs = pytest.mark.skipif(
    shutil.which("g++") is None or shutil.which("ninja") is None, reason="needs g++ and ninja, which load_inline calls"
)


@pytest.fixture(scope="module")
def example(sandbox: Sandbox) -> Iterator[Stand]:
    with Bench(cpu.create(), sandbox, replace(QUICK, load_limit_s=120.0)) as bench:
        yield Stand(bench, complete(look(ROOT / "examples" / "kernelbench_inline_cpp.py"), sandbox, bench.folder))


@needs
@pytest.mark.slow
def test_a_kernel_of_the_stable_abi_is_right_and_marked_as_an_own_kernel(example: Stand) -> None:
    verdict = example.judge(example.task.kernel)
    assert isinstance(verdict, Correct), verdict
    assert verdict.tags == ("own kernel", "inline C++")
    assert verdict.profile == ()


@needs
@pytest.mark.slow
def test_an_error_of_the_compiler_reaches_the_author(example: Stand) -> None:
    verdict = example.judge(example.task.kernel.replace("rows = x.numel()", "rows = x.nummel()"))
    assert isinstance(verdict, BuildFailed), verdict
    assert "nummel" in verdict.log + verdict.reason, verdict
