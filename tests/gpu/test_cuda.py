"""CUDA kernels as far as they go without a GPU: through nvcc, and disassembled."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from kernel_gepa.backends import cuda as backend
from kernel_gepa.backends.cpu import Cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.dialect import suffix
from kernel_gepa.domain.task import Form, Task, Tolerance
from kernel_gepa.domain.verdict import BuildFailed, Static
from kernel_gepa.harness.probe import complete
from kernel_gepa.harness.static import CudaBench
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.ports import Sandbox

from .conftest import EXAMPLES

INLINE = '''"""A module that says __global__ in its docstring."""
import torch
from torch.utils.cpp_extension import load_inline

source = """
#include <torch/types.h>
__global__ void add_one(const float* x, float* y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = x[i] + 1.0f;
}
torch::Tensor plus_one(torch::Tensor x) {
    auto y = torch::empty_like(x);
    add_one<<<(x.numel() + 255) / 256, 256>>>(x.data_ptr<float>(), y.data_ptr<float>(), x.numel());
    return y;
}
"""
module = load_inline(name="m", cpp_sources="torch::Tensor plus_one(torch::Tensor x);", cuda_sources=source,
                     functions=["plus_one"])


class ModelNew(torch.nn.Module):
    def forward(self, x):
        return module.plus_one(x)
'''


@pytest.fixture(scope="module")
def softmax(cuda: CudaBench, sandbox: Sandbox) -> Task:
    return complete(look(EXAMPLES / "cuda" / "softmax.py"), sandbox, cuda.folder)


def test_a_plain_kernel_is_compiled_for_both_targets_and_not_said_to_be_right(cuda: CudaBench, softmax: Task) -> None:
    found = cuda.judge(softmax.kernel, softmax)
    assert isinstance(found, Static)
    assert found.passed == ()
    assert "not run: no CUDA device" in found.why
    assert [(c.target, c.kernel) for c in found.code] == [("sm_80", "softmax_rows"), ("sm_90", "softmax_rows")]
    for code in found.code:
        assert code.registers
        assert (code.spill_bytes, code.shared_bytes) == (0, 64)
    assert cuda.sound(softmax.kernel, softmax) is not None, "what was not run is not sound"


def test_what_does_not_compile_is_told_with_its_line(cuda: CudaBench, softmax: Task) -> None:
    broken = softmax.kernel.replace("all.y;", "all.z;")
    assert broken != softmax.kernel
    found = cuda.judge(broken, softmax)
    assert isinstance(found, BuildFailed)
    line = 1 + next(n for n, text in enumerate(broken.splitlines()) if "all.z" in text)
    assert found.reason.startswith(f"kernel.cu({line}): error: ")
    assert f"> {line:4} |" in feedback(found, softmax, broken)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("__global__", "static", "no __global__ function"),
        ("// build: --use_fast_math", "// build: -Xcompiler -fplugin=x.so", "may not choose"),
        ("int rows, int columns, cudaStream_t", "int wrong, int columns, cudaStream_t", "bound by name"),
        ("const float* x, float* y, int rows", "const float* x, double* y, int rows", "points to float64"),
    ],
)
def test_what_cannot_be_called_is_refused(cuda: CudaBench, softmax: Task, old: str, new: str, words: str) -> None:
    found = cuda.judge(
        softmax.kernel.replace(old, new).replace("<<<rows", "<<<wrong" if "wrong" in new else "<<<rows"), softmax
    )
    assert isinstance(found, BuildFailed)
    assert words in found.reason


def test_names_are_read_out_of_mangled_ones() -> None:
    inner = "_ZN54_INTERNAL_6f0b5a3e_9_kernel_cu_softmax_c2f0b0f5_4242412softmax_rowsEPKfPfi"
    assert backend._readable("_Z12matmul_tilesPKfS0_Pfiii") == "matmul_tiles"
    assert backend._readable("_ZN5outer5inner7computeEPf") == "compute"
    assert backend._readable(inner) != inner
    assert backend._readable("plain") == "plain"


def test_the_text_says_by_itself_that_it_is_cuda() -> None:
    assert suffix((EXAMPLES / "cuda" / "matmul.cu").read_text()) == ".cu"
    assert suffix('// no __global__ here\nextern "C" void f(float* y) {}') == ".cpp"


def test_a_cuda_kernel_on_the_cpu_is_told_where_it_belongs(sandbox: Sandbox, tmp_path: Path) -> None:
    text = (EXAMPLES / "cuda" / "softmax.cu").read_text()
    task = Task("t", "", Form.NATIVE, "", text, (), Tolerance(0.0, 0.0))
    found = Cpu().build(text, task, sandbox=sandbox, folder=tmp_path)
    assert isinstance(found, BuildFailed)
    assert "--backend cuda" in found.reason


def test_the_device_code_of_a_module_keeps_its_lines() -> None:
    source = backend._inline(INLINE)
    assert isinstance(source, backend.Source)
    line = next(n.value.lineno for n in ast.parse(INLINE).body if isinstance(n, ast.Assign))
    assert f'#line {line} "kernel.py"' in source.text
    assert "docstring" not in source.text


@pytest.mark.slow
@pytest.mark.parametrize("name", ["matmul", "layer_norm"])
def test_every_kernel_of_the_examples_compiles(name: str, cuda: CudaBench, sandbox: Sandbox) -> None:
    task = complete(look(EXAMPLES / "cuda" / f"{name}.py"), sandbox, cuda.folder)
    found = cuda.judge(task.kernel, task)
    assert isinstance(found, Static), found
    assert {c.target for c in found.code} == {"sm_80", "sm_90"}
    if name == "layer_norm":
        assert all("load 128 bit" in c.accesses for c in found.code)


@pytest.mark.slow
def test_a_module_that_compiles_inline_is_compiled_with_torchs_headers(
    cuda: CudaBench, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "task.py"
    path.write_text(
        "import torch\nfrom torch import nn\nclass Model(nn.Module):\n    def forward(self, x):\n        return x + 1\n"
        "def get_inputs():\n    return [torch.randn(300)]\ndef get_init_inputs():\n    return []\n"
    )
    found = cuda.judge(INLINE, complete(look(path), sandbox, cuda.folder))
    assert isinstance(found, Static), found
    assert [(c.target, c.kernel) for c in found.code] == [("sm_90", "add_one")]
