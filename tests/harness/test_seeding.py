"""TorchInductor's code as a start: what is taken over, whose work it is said to be, and what cannot stand alone."""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kernel_gepa.backends import cpu
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.provenance import COMPILED, OWN, provenance
from kernel_gepa.domain.task import Form, Task, TensorSpec, Tolerance, Workload
from kernel_gepa.domain.verdict import Correct, Incorrect
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.induced import induced
from kernel_gepa.harness.probe import complete
from kernel_gepa.harness.screen import INDUCTOR_TAG, screen
from kernel_gepa.harness.seeding import Generated, seed
from kernel_gepa.ports import Sandbox
from tests.loaded import ROOT

from .stands import QUICK

REFERENCE = '''"""Doubles, and adds what was learned."""

import torch
from torch import nn

WIDTH = 6


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width)])

    def forward(
        self, x
    ):
        """Two steps."""
        y = self.layers[0](x)
        return y * 2

    def extra_repr(self):
        return "kept"
'''
KERNEL = """
#include <torch/csrc/inductor/cpp_prefix.h>
extern "C"  void  kernel(float* in_out_ptr0,
                       const int64_t* in_ptr0)
{
    std::atomic<int> inductor_cpu_integer_div_error{0};
    inductor_cpu_integer_div_error_flag = &inductor_cpu_integer_div_error;
    for(int64_t x0=0L; x0<18L; x0+=1L) in_out_ptr0[x0] = in_out_ptr0[x0] * 2;
    inductor_cpu_integer_div_error_flag = nullptr;
    inductor_cpu_throw_if_integer_div_error(inductor_cpu_integer_div_error);
}
"""
CODE = f"""
cpp_fused_mul_0 = async_compile.cpp_pybinding(['float*', 'const int64_t*'], r'''{KERNEL}''')


class Runner:
    def call(self, args):
        arg0_1, arg1_1, arg2_1 = args
        args.clear()
        assert_size_stride(arg2_1, (3, 6), (6, 1), 'input')
        buf0 = empty_strided_cpu((3, 6), (6, 1), torch.float32)
        extern_kernels.addmm(arg1_1, arg2_1, reinterpret_tensor(arg0_1, (6, 6), (1, 6), 0), alpha=1, beta=1, out=buf0)
        del arg0_1
        buf1 = buf0; del buf0  # reuse
        cpp_fused_mul_0(buf1, reinterpret_tensor(arg2_1, (3, 1), (6, 1), 5))
        return (buf1, )
"""
SMALL = Workload("small", (TensorSpec("input0", "float32", (3, 6)),), (TensorSpec("output", "float32", (3, 6)),))
TASK = Task("t", "", Form.KERNELBENCH, "", REFERENCE, (SMALL,), Tolerance(0.0, 0.0), start_is_reference=True)
MADE = Generated(
    SMALL, CODE, ("layers.0.weight", "layers.0.bias"), False, ("CPU_CAPABILITY_AVX2",), ("-O3", "-march=native")
)


def text(*programs: Generated) -> str:
    found = seed(TASK, REFERENCE, programs or (MADE,), "2.0")
    ast.parse(found)
    return found


def test_the_wrapper_becomes_a_function_that_calls_torch_and_own_operators() -> None:
    assert """
def program_0(arg0_1, arg1_1, arg2_1):
    buf0 = torch.empty_strided((3, 6), (6, 1), dtype=torch.float32)
    torch.addmm(arg1_1, arg2_1, torch.as_strided(arg0_1, (6, 6), (1, 6)), alpha=1, beta=1, out=buf0)
    buf1 = buf0
    del buf0
    torch.ops.torchinductor.fused_mul_0(buf1, torch.as_strided(arg2_1, (3, 1), (6, 1), arg2_1.storage_offset() + 5))
    return buf1
""" in text()


def test_kernels_become_operators_that_say_what_they_write() -> None:
    found = text()
    assert "static void fused_mul_0(float* in_out_ptr0," in found
    assert 'm.def("fused_mul_0(Tensor(a0!) t0, Tensor t1) -> ()");' in found
    assert "static_cast<const int64_t*>(t1.const_data_ptr())" in found
    assert (
        "#define CPU_CAPABILITY_AVX2\n#define CPU_CAPABILITY AVX2\n#include <torch/csrc/inductor/cpp_prefix.h>" in found
    )
    assert "extra_cflags=['-O3', '-march=native']" in found
    assert "integer_div_error" not in found


def test_schemas_of_kernels_that_write_many_tensors_are_understood() -> None:
    kinds = str(["const float*", *["float*"] * 130])
    found = text(replace(MADE, code=CODE.replace("['float*', 'const int64_t*']", kinds)))
    (schema,) = re.findall(r'm\.def\("(.*)"\);', found)
    parsed = torch._C.parse_schema(f"torchinductor::{schema}")
    assert sum(a.alias_info is not None and a.alias_info.is_write for a in parsed.arguments) == 130


def test_the_module_keeps_its_constructor_and_chooses_a_program_by_shape() -> None:
    wide = Workload("wide", (TensorSpec("input0", "float32", (9, 6)),), SMALL.outputs)
    found = text(MADE, replace(MADE, workload=wide))
    assert (
        '''        """Two steps."""
'''
        not in found
    )
    assert (
        """    def forward(
        self, x
    ):
        state = [self.layers[0].weight, self.layers[0].bias]
        if x.shape == (3, 6):
            return program_0(*state, x)
        if x.shape == (9, 6):
            return program_1(*state, x)
        raise ValueError("nothing was generated for inputs of these shapes")

    def extra_repr(self):
        return "kept"
"""
        in found
    )
    assert "WIDTH = 6" in found
    assert found.count("static void fused_mul") == 1, "the same kernel is there once"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("extern_kernels.addmm", "extern_kernels.sparse_thing", "it calls extern_kernels.sparse_thing"),
        ("cpp_fused_mul_0(buf1", "triton_poi_0(buf1", "it calls triton_poi_0"),
        ("arg0_1, arg1_1, arg2_1 = args", "arg0_1, arg1_1 = args", "it takes 2 arguments"),
        ("buf0 = empty", "buf7 = _tensor_constant0\n        buf0 = empty", "no parameter and no buffer"),
        ("def call", "def called", "call.. is missing"),
        ("['float*', 'const int64_t*']", "['float*', 'const int64_t']", "not symbolic sizes"),
        (
            "cpp_fused_mul_0 = async_compile.cpp_pybinding",
            "other = compiled",
            "no kernel for t, only calls of libraries",
        ),
    ],
)
def test_what_cannot_stand_alone_is_said(old: str, new: str, said: str) -> None:
    assert old in CODE
    with pytest.raises(TaskError, match=said):
        text(replace(MADE, code=CODE.replace(old, new)))


def test_a_text_that_nobody_could_improve_is_no_start() -> None:
    long = CODE.replace("for(int64_t x0=0L", "float z = 0;\n" * 20_000 + "for(int64_t x0=0L")
    with pytest.raises(TaskError, match=r"generates 26\d thousand characters for t .it unrolls loops"):
        text(replace(MADE, code=long))


def test_it_is_torch_compiles_work_until_somebody_works_on_it() -> None:
    found = text()
    task = replace(TASK, reference=REFERENCE.replace("ModelNew", "Model"), kernel=found, start_is_reference=False)
    assert task.start_is_generated
    assert not TASK.start_is_generated
    start, changed = screen(found, task), screen(found.replace("x0+=1L", "x0+=2L"), task)
    assert (start.reasons, changed.reasons) == ((), ())
    assert OWN not in start.makers
    assert INDUCTOR_TAG in start.makers
    assert provenance(start.makers) == "library call + torch.compile"
    assert provenance(changed.makers) == "own kernel + library call + torch.compile"
    assert COMPILED in changed.makers


def test_only_a_module_without_a_kernel_of_its_own_can_be_seeded(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="brings a kernel of its own"):
        induced(replace(TASK, start_is_reference=False), sandbox, tmp_path)
    with pytest.raises(TaskError, match="is not of KernelBench form"):
        induced(replace(TASK, form=Form.NATIVE), sandbox, tmp_path)


needs = pytest.mark.skipif(
    shutil.which("g++") is None or shutil.which("ninja") is None, reason="needs g++ and ninja, which load_inline calls"
)


@needs
@pytest.mark.slow
def test_generated_code_passes_the_bench_on_every_workload(sandbox: Sandbox) -> None:
    with Bench(cpu.create(), sandbox, replace(QUICK, load_limit_s=240.0)) as bench:
        path = ROOT / "kernelbench_tasks" / "level2" / "7_GatedUnitThenNorm.py"
        task = induced(complete(look(path), sandbox, bench.folder), sandbox, bench.folder)
        verdict = bench.judge(task.kernel, task)
        assert isinstance(verdict, Correct), verdict
        assert [m.workload for m in verdict.measurements] == [w.name for w in task.workloads]
        assert provenance(verdict.tags) == COMPILED
        broken = bench.judge(task.kernel.replace("tmp0 * tmp", "tmp0 + tmp"), task)
        assert isinstance(broken, Incorrect), broken
