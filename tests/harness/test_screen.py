"""What a kernel's text gives away: refused with the reason, or tagged with whose work it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.provenance import FLAGGED, flags, made_of, provenance
from kernel_gepa.domain.task import Form, Task, Tolerance
from kernel_gepa.harness.screen import START_TAG, screen

REFERENCE = """
import torch

class Model(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = torch.nn.Linear(width, width)

    def forward(self, x):
        hidden = self.first(x)
        return hidden * 2
"""
NEW = """
import torch
from torch import nn

class ModelNew(nn.Module):
    def forward(self, x):
        return x + x
"""
NATIVE = Task("t", "", Form.NATIVE, "", "", (), Tolerance(0, 0))
MODULE = Task("t", "", Form.KERNELBENCH, REFERENCE, "", (), Tolerance(0, 0))
CPP = 'extern "C" void f(const float* x, float* y, long n) { y[0] = x[0]; }\n'
INLINE = "from torch.utils.cpp_extension import load_inline\next = load_inline(name='x', cpp_sources='''{}''')\n"


@pytest.mark.parametrize(
    "text",
    ["#include <fstream>", "#include <thread>", "#include <sys/mman.h>", "#include <torch/extension.h>",
     '#include "kernel.h"', "#include <chrono>", "#include </etc/passwd>", "#include <../x>", "#include <dlfcn.h>",
     "#define H <thread>\n#include H", "#include <Python.h>", "#if 1\n#include <thread>\n#endif",
     'void g() { system("ls"); }', "void g() { ::fork(); }", "void g() { std::abort(); }", "extern \"C\" int fork();",
     "auto p = &fork;", "#define GO fork()", "#define GO fo##rk()", "void g() { fo\\\nrk(); }",
     "#define syscall_of(n) syscall(n)", "void g() { std::thread t; }", "void g() { std::jthread t; }",
     "void g() { (void)std::async(f); }", "void g() { std::ifstream s; }", "void g() { asm(\"syscall\"); }",
     "void g() { asm(\".byte 0x0f, 0x05\"); }", 'asm(".incbin \\"/etc/passwd\\"");', 'int g() asm("fork");',
     "__attribute__((constructor)) void g() {}", "[[gnu::constructor]] void g() {}",
     '__attribute__((section(".init_array"))) void* g = 0;', '__attribute__((alias("f"))) void g();',
     "void g() { clock_gettime(0, 0); }", "void g() { __rdtsc(); }", "double g() { return omp_get_wtime(); }",
     "auto g() { return std::chrono::steady_clock::now(); }", "void g() { dlsym(0, \"time\"); }",
     'extern "C" int clock_gettime(int, void*) { return 0; }',
     'extern "C" { void* malloc(unsigned long) { return 0; } }',
     "float expf(float v) { return v; }", "void* operator new(unsigned long n) { return 0; }",
     'const char* p = "/proc/self/maps";', 'auto s = R"(/dev/shm/x)";', "void g() { PyGILState_Ensure(); }",
     "char** g() { return environ; }", "void g() { __builtin_return_address(0); }", "void g() { mallopt(1, 2); }"],
)  # fmt: skip
def test_what_has_no_place_in_cpp_is_refused(text: str) -> None:
    assert screen(text + "\n" + CPP, NATIVE).reasons


@pytest.mark.parametrize(
    "text",
    ["#include <cmath>", "#include <immintrin.h>", "#include <algorithm>", "#include <cstdlib>", "#include <atomic>",
     "// calls system() and fork(), reads /proc/self/maps, #include <thread>", "/* clock_gettime(); syscall */",
     "static float open_interval(float v) { return v; }", "#pragma omp simd", "struct time_step { float value; };",
     "static int file_count = 0;", "static float clock(float v) { return v; }\nfloat g() { return clock(1); }",
     "struct Box { void read() {} void write() {} };\nvoid g(Box b) { b.read(); b.write(); }",
     "float g(float time, float signal) { return time * signal; }", "void g() { int pipe = 3; (void)pipe; }",
     "static float expf(float v) { return v; }", "static inline float tanhf(float v) { return v; }",
     "namespace own { float expf(float v) { return v; } }", "template <class T> T exp(T v) { return v; }",
     'const char* name = "a system of threads";', "static const auto table = [] { return 3; }();",
     "static thread_local float scratch[64];", "void g(long n) { float row[n]; row[0] = 1; }",
     "void g() { __builtin_prefetch(0); }", 'void g() { asm volatile("" ::: "memory"); }', "#define CAT(a, b) a##b",
     "__attribute__((aligned(64))) static float t[16];", "[[gnu::always_inline]] inline float g(float v) { return v; }",
     "float g(float* p) { return std::accumulate(p, p + 3, 0.0f); }", "#define CLOCKED(x) x /* clock() */",
     "void g() { std::vector<float> kept; kept.clear(); }", "enum class Op { read, write };"],
)  # fmt: skip
def test_what_a_kernel_needs_is_not(text: str) -> None:
    assert not screen(text + "\n" + CPP, NATIVE).reasons


@pytest.mark.parametrize(
    "text",
    ["import os", "import os.path as p", "from sys import modules", "import __main__", "import gc", "import ctypes",
     "from reference import Model", "import t", "from . import x", "from torch import multiprocessing",
     "open('x')", "eval('1')", "().__class__", "torch.relu = None", "torch.Tensor.copy_ = None",
     "nn.Linear.forward = f",
     "nn.functional.relu = f", "t = torch\nt.relu = None", "del torch.relu", "torch.relu: object = None",
     "setattr(torch, 'relu', None)", "type(x).forward = f", "for torch.relu in (1,): pass",
     "torch.backends.cuda.matmul.allow_tf32 = True", "try:\n    pass\nexcept Exception:\n    pass",
     "import contextlib\nwith contextlib.suppress(Exception): pass", "getattr(torch, 'x').__dict__",
     "getattr(torch, 'sa' + 've')", "getattr(torch, 'load')", "getattr(f, '__globals__')", "f.f_back", "x = Model",
     "torch.load('x')", "from torch import save\nsave(1)", "torch.cuda.Stream()", "torch.jit.fork(f)",
     "from torch.profiler import profile\nprofile()", "torch.manual_seed(3)", "torch.set_num_threads(4)",
     "torch.set_float32_matmul_precision('high')", "torch.library.Library('aten', 'IMPL')",
     "nn.modules.module.register_module_forward_hook(f)", "class T(torch.Tensor): pass",
     "class T:\n    def __torch_function__(self): pass", "class T:\n    def __del__(self): pass",
     "p = '/proc/self/maps'", "import numpy as np\nnp.fromfile('x')", "import numpy\nnumpy.load('x')",
     "from torch.utils._python_dispatch import TorchDispatchMode\nclass T(TorchDispatchMode): pass"],
)  # fmt: skip
def test_what_has_no_place_in_a_module_is_refused(text: str) -> None:
    assert screen(NEW + text + "\n", MODULE).reasons


@pytest.mark.parametrize(
    "text",
    ["# import os, torch.load(), eval()", "'''Reads no /proc/self/maps.\n'''", "import math", "import numpy as np",
     "def f(input):\n    return input.sum()",
     "class T(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
     "        for i in range(3):\n            setattr(self, f'conv{i}', nn.Conv2d(1, 1, 1))",
     "class T(nn.Module):\n    def forward(self, x):\n        return getattr(self, 'conv' + '1')(x)",
     "class T:\n    def f(self):\n        self.__cache = 1\n        return self.__cache",
     "try:\n    import triton\nexcept ImportError as error:\n    raise RuntimeError('no triton') from error",
     "class T(nn.Module):\n    def __init__(self):\n        self.register_buffer('x', torch.zeros(1))",
     "name = __name__", "file_count = 3\nsystem = 4\ntime = 5", "class T(torch.autograd.Function): pass",
     "w = nn.Parameter(torch.zeros(3))\nw.data = torch.ones(3)"],
)  # fmt: skip
def test_what_a_module_needs_is_not(text: str) -> None:
    assert screen(NEW + text + "\n", MODULE).reasons == ()


def test_inline_cpp_is_looked_into_and_may_use_the_headers_of_torch() -> None:
    honest = "#include <torch/extension.h>\ntorch::Tensor f(torch::Tensor x) { return x; }"
    assert screen(INLINE.format(honest) + NEW, MODULE).reasons == ()
    (reason,) = screen(INLINE.format("void f() { dlsym(0, 0); }") + NEW, MODULE).reasons
    assert reason.startswith("inline C++ calls dlsym()")


def test_a_copy_of_the_reference_is_refused_under_other_words() -> None:
    copied = REFERENCE.replace("Model", "ModelNew").replace("    def f", '    """Faster."""\n\n    def f')
    copied = copied.replace("hidden", "y").replace("forward(self, x)", "forward(self, z: torch.Tensor) -> object")
    assert "is a copy of the reference" in screen(copied.replace("first(x)", "first(z)"), MODULE).reasons
    assert not screen(copied.replace("first(x)", "first(z)").replace("* 2", "* 3"), MODULE).reasons


def test_a_class_of_ones_own_may_be_called_model_unless_it_is_the_references() -> None:
    own = "import torch\nclass Model(torch.nn.Module):\n    def forward(self, x):\n        return x + x\n"
    inherits = "class ModelNew(Model):\n    pass\n"
    assert screen(own + inherits, MODULE).reasons == ()
    assert screen(REFERENCE + inherits, MODULE).reasons == ("delegates to the reference",)
    assert screen("import torch\n" + inherits, MODULE).reasons == ("delegates to the reference",)


def test_the_start_may_be_the_reference() -> None:
    start = REFERENCE.replace("Model", "ModelNew")
    found = screen(start, replace(MODULE, kernel=start, start_is_reference=True))
    assert found.reasons == ()
    assert START_TAG in found.tags


@pytest.mark.parametrize(
    ("text", "maker"),
    [
        ("", "library call"),
        ("y = torch.compile(nn.Linear(3, 3))", "torch.compile"),
        ("y = torch.compile(torch.mm)(1, 2)\nz = torch.mm(y, y)", "library call + torch.compile"),
        (INLINE.format("void f(float* x) { x[0] = 1; }"), "own kernel"),
        (INLINE.format("at::Tensor f(at::Tensor x) { return at::matmul(x, x); }"), "own kernel + library call"),
        (INLINE.format("void f(float* x) { x[0] = 1; }") + "z = y @ y", "own kernel + library call"),
        (INLINE.format("STABLE_TORCH_LIBRARY(mine, m) { ; }") + "z = torch.ops.mine.rms_norm(y)", "own kernel"),
        (INLINE.format("TORCH_LIBRARY(aten, m) { ; }") + "z = torch.ops.aten.mm(y, y)", "own kernel + library call"),
        (INLINE.format("TORCH_LIBRARY(mine, m) { ; }") + "z = torch.ops.other.mm(y, y)", "own kernel + library call"),
        ("import triton\n@triton.jit\ndef k(): pass", "own kernel"),
        ("import triton.language as tl\n@triton.jit\ndef k(a, b):\n    tl.cumsum(tl.dot(a, b))", "own kernel"),
        ("import triton\nimport triton.language as tl\n@triton.jit\ndef k(a, b):\n    tl.dot(a, b)\ntorch.mm(1, 2)",
         "own kernel + library call"),
        ("import triton\n@triton.jit\ndef k(): pass\nfrom torch.nn.functional import linear\nlinear(1, 2)",
         "own kernel + library call"),
    ],
)  # fmt: skip
def test_whose_work_a_module_is(text: str, maker: str) -> None:
    assert provenance(screen(NEW + text + "\n", MODULE).tags) == maker


def test_a_layer_that_only_holds_weights_is_not_called() -> None:
    held = INLINE.format("void f(float* x) { x[0] = 1; }") + NEW.replace(
        "    def f",
        "    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(3, 3)\n\n    def f",
    )
    used = "ext.f(x, self.fc.weight)"
    assert provenance(screen(held.replace("x + x", used), MODULE).tags) == "own kernel"
    assert provenance(screen(held.replace("x + x", "self.fc(x)"), MODULE).tags) == "own kernel + library call"


def test_whose_work_cpp_is() -> None:
    assert screen("#pragma omp parallel for\n" + CPP, NATIVE).tags == ("own kernel", "threads (OpenMP)")
    assert screen("// build: -Ofast\n" + CPP, NATIVE).tags == ("own kernel", "fast-math")
    assert provenance(screen("#include <cblas.h>\n" + CPP, NATIVE).tags) == "own kernel + library call"


def test_what_is_only_reported_stays_apart_from_what_a_kernel_is_made_of() -> None:
    found = screen("#include <chrono>\n" + CPP, NATIVE)
    assert found.verdict() is not None
    assert made_of(found.tags) == ("own kernel",)
    assert flags(found.tags) == ("includes <chrono>: reads a clock",)
    assert found.tags == ("own kernel", FLAGGED + "includes <chrono>: reads a clock")
    assert provenance(()) == "unknown"


@given(st.text(max_size=80))
def test_no_text_breaks_the_screen(text: str) -> None:
    screen(text, NATIVE)
    screen(text, MODULE)
    screen(CPP + text, NATIVE)
    screen(NEW + text, MODULE)
