"""Triton kernels through the whole static path: compiled for three targets in one process, interpreted in another."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_gepa.backends.triton import Triton
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import BuildFailed, Incorrect, Static, Verdict
from kernel_gepa.harness.probe import complete
from kernel_gepa.harness.static import TritonBench
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.ports import Sandbox

from .conftest import EXAMPLES

KERNELS = ("vector_add", "softmax", "layer_norm", "matmul", "attention", "cross_entropy", "rotary", "quantise")
TARGETS = ["sm_80", "sm_90", "gfx942"]

TASK = """
import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        return torch.relu(x) + 1


def get_inputs():
    return [torch.randn(300)]


def get_init_inputs():
    return []
"""
KERNEL = """
import torch
import triton
import triton.language as tl
from torch import nn


@triton.jit
def plus_one(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + at, mask=at < count)
    tl.store(y_ptr + at, tl.maximum(x, 0.0) + 1.0, mask=at < count)


class ModelNew(nn.Module):
    def forward(self, x):
        assert x.is_cuda
        y = torch.empty(x.shape, dtype=x.dtype, device="cuda")
        plus_one[(triton.cdiv(x.numel(), 128),)](x, y, x.numel(), BLOCK=128)
        torch.cuda.synchronize()
        return y
"""


@pytest.fixture(scope="module")
def task(triton: TritonBench, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Task:
    path = tmp_path_factory.mktemp("task") / "task.py"
    path.write_text(TASK)
    return complete(look(path), sandbox, triton.folder)


def test_a_right_kernel_is_compiled_for_every_target_and_found_right_and_not_timed(
    triton: TritonBench, task: Task
) -> None:
    found = triton.judge(KERNEL, task)
    assert isinstance(found, Static)
    assert found.passed == ("default",)
    assert [c.target for c in found.code] == TARGETS
    for code in found.code:
        assert (code.kernel, code.grid) == ("plus_one", (3, 1, 1))
        assert code.settings.startswith("BLOCK=128, num_warps=4")
        assert code.binary_bytes > 1000
        assert code.registers is not None and 0 < code.registers <= 255
        assert (code.spill_bytes, code.matrix) == (0, 0)
        assert code.mix["global memory"] >= 2
        assert sum(n for kind, n in code.accesses.items() if kind.startswith("store")) >= 1


def test_what_does_not_compile_is_told_with_its_line_in_the_kernels_file(triton: TritonBench, task: Task) -> None:
    broken = KERNEL.replace("tl.arange(0, BLOCK)", "tl.arange(0, count)")
    found = triton.judge(broken, task)
    assert isinstance(found, BuildFailed)
    line = 1 + broken.splitlines().index(next(x for x in broken.splitlines() if "tl.arange(0, count)" in x))
    assert found.reason.startswith(f"kernel.py:{line}: error: ")
    assert "constexpr" in found.reason
    assert f"> {line:4} |" in feedback(found, task, broken)


@pytest.mark.parametrize(
    ("kernel", "reason"),
    [
        ("import torch\nx = (", "does not parse"),
        ("import torch\n", "no class ModelNew"),
        ("class ModelNew:\n    def forward(self, x):\n        return x.relu() + 1\n", "no function with @triton.jit"),
    ],
)
def test_what_holds_no_kernel_is_told_so_before_anything_is_started(
    kernel: str, reason: str, task: Task, sandbox: Sandbox, tmp_path: Path
) -> None:
    found = Triton().build(kernel, task, sandbox=sandbox, folder=tmp_path)
    assert isinstance(found, BuildFailed)
    assert reason in found.reason


def test_what_a_process_tells_is_read_strictly() -> None:
    told: list[object] = [None, {}, [{}], [{"target": "sm_80"}], [None], [{"target": "sm_30"}], list(range(10_000))]
    for nonsense in told:
        with pytest.raises(ValueError, match="compiled"):
            Triton().code(nonsense, "w")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "kind", "words"),
    [
        ("+ 1.0", "+ 2.0", Incorrect, "off by 1"),
        (", mask=at < count)\n", ", mask=at < count - 1)\n", Incorrect, "wrong"),
        (
            "plus_one[(triton.cdiv(x.numel(), 128),)](x, y, x.numel(), BLOCK=128)",
            "y.copy_(x)",
            BuildFailed,
            "launches no",
        ),
    ],
)
def test_what_is_wrong_is_found_by_the_interpreter(
    triton: TritonBench, task: Task, old: str, new: str, kind: type[Verdict], words: str
) -> None:
    assert old in KERNEL
    found = triton.judge(KERNEL.replace(old, new), task)
    assert isinstance(found, kind)
    assert words in str(found)


@pytest.mark.slow
def test_a_start_that_is_the_reference_is_a_place_to_begin_and_a_copy_of_it_elsewhere_is_no_kernel(
    triton: TritonBench, task: Task
) -> None:
    assert task.start_is_reference
    found = triton.judge(task.kernel, task)
    assert isinstance(found, Static)
    assert (found.passed, found.code) == (("default",), ())
    other = triton.judge(task.kernel.replace("+ 1", "+ 1.0"), task)
    assert not isinstance(other, Static)


@pytest.mark.slow
def test_more_shared_memory_than_a_block_has_is_refused(triton: TritonBench, sandbox: Sandbox) -> None:
    path = EXAMPLES / "triton" / "matmul.py"
    task = complete(look(path), sandbox, triton.folder)
    tile = '{"BLOCK_M": 32, "BLOCK_N": 32, "BLOCK_K": 32}, num_warps=4, num_stages=2'
    assert tile in task.kernel
    large = task.kernel.replace(tile, '{"BLOCK_M": 128, "BLOCK_N": 256, "BLOCK_K": 128}, num_warps=8, num_stages=5')
    found = triton.judge(large, task)
    assert isinstance(found, BuildFailed)
    assert "shared memory" in found.reason


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_of_the_examples_is_right_and_compiles_for_all_targets(
    name: str, triton: TritonBench, sandbox: Sandbox
) -> None:
    task = complete(look(EXAMPLES / "triton" / f"{name}.py"), sandbox, triton.folder)
    found = triton.judge(task.kernel, task)
    assert isinstance(found, Static), found
    assert found.passed == tuple(w.name for w in task.workloads)
    assert {c.target for c in found.code} == set(TARGETS)
    assert all(c.binary_bytes and c.registers and c.mix for c in found.code)
    assert "library call" not in found.tags
    if name == "matmul":
        assert all(c.matrix for c in found.code)
