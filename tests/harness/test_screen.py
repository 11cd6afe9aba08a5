"""What a kernel's text gives away: refused with the reason, or tagged with whose work it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.task import Form, Task, Tolerance
from kernel_gepa.harness.screen import screen

REFERENCE = "import torch\n\nclass Model(torch.nn.Module):\n    def forward(self, x):\n        return x * 2\n"
NEW = "import torch\n\nclass ModelNew(torch.nn.Module):\n    def forward(self, x):\n        return x + x\n"
NATIVE = Task("t", "", Form.NATIVE, "", "", (), Tolerance(0, 0))
MODULE = Task("t", "", Form.KERNELBENCH, REFERENCE, "", (), Tolerance(0, 0))
CPP = 'extern "C" void f(const float* x, float* y, long n) { y[0] = x[0]; }\n'


@pytest.mark.parametrize(
    "text",
    ["#include <fstream>", "#include <thread>", "#include <sys/mman.h>", "#include <torch/extension.h>",
     '#include "kernel.h"', "#include <chrono>", "void g() { system(\"ls\"); }", "void g() { ::fork(); }",
     "void g() { std::abort(); }", "void g() { asm(\"syscall\"); }", "__attribute__((constructor)) void g() {}",
     "void g() { clock_gettime(0, 0); }", "void g() { __rdtsc(); }", "#if 1\n#include <thread>\n#endif"],
)  # fmt: skip
def test_what_has_no_place_in_cpp_is_refused(text: str) -> None:
    assert screen(text + "\n" + CPP, NATIVE).reasons


@pytest.mark.parametrize(
    "text",
    ["#include <cmath>", "#include <immintrin.h>", "#include <algorithm>", "// calls system() and fork()",
     "static float open_interval(float v) { return v; }", "#pragma omp simd", "struct time_step { float value; };"],
)  # fmt: skip
def test_what_a_kernel_needs_is_not(text: str) -> None:
    assert not screen(text + "\n" + CPP, NATIVE).reasons


def test_threads_are_tagged() -> None:
    assert "threads (OpenMP)" in screen("#pragma omp parallel for\n" + CPP, NATIVE).tags


@pytest.mark.parametrize(
    "text",
    ["import os", "import os.path as p", "from sys import modules", "import __main__", "import gc", "import ctypes",
     "open('x')", "eval('1')", "().__class__", "torch.relu = None", "torch.Tensor.copy_ = None",
     "try:\n    pass\nexcept Exception:\n    pass", "getattr(torch, 'x').__dict__", "x = Model"],
)  # fmt: skip
def test_what_has_no_place_in_a_module_is_refused(text: str) -> None:
    assert screen(NEW + text + "\n", MODULE).reasons


def test_a_module_that_computes_is_not() -> None:
    assert screen(NEW, MODULE).reasons == []
    assert screen(NEW, MODULE).tags == ["torch operators"]


def test_a_copy_of_the_reference_is_refused_under_other_words() -> None:
    copied = REFERENCE.replace("Model", "ModelNew").replace("    def", '    """Faster."""\n\n    def')
    assert "is a copy of the reference" in screen(copied, MODULE).reasons


def test_the_start_may_be_the_reference() -> None:
    start = REFERENCE.replace("Model", "ModelNew")
    found = screen(start, replace(MODULE, kernel=start, start_is_reference=True))
    assert found.reasons == []
    assert found.tags[0] == "a copy of the reference, to start from"


def test_whose_work_it_is_is_tagged() -> None:
    assert "inline C++" in screen(NEW + "load_inline(name='x')\n", MODULE).tags
    assert "torch.compile" in screen(NEW + "ModelNew = torch.compile(ModelNew)\n", MODULE).tags


@given(st.text(max_size=80))
def test_no_text_breaks_the_screen(text: str) -> None:
    screen(text, NATIVE)
    screen(text, MODULE)
    screen(CPP + text, NATIVE)
    screen(NEW + text, MODULE)
