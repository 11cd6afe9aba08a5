"""The CPU backend: which flags a kernel may choose, what it builds, and what it says of the compiler's words."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.backends.cpu import build_flags, first_error
from kernel_gepa.domain.task import Form, Task, Tolerance
from kernel_gepa.domain.verdict import BuildFailed
from kernel_gepa.ports import Built
from kernel_gepa.sandbox import local

KERNEL = """\
extern "C" void twice(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) y[i] = 2 * x[i];
}
"""


def task(form: Form = Form.NATIVE) -> Task:
    return Task("t", "", form, "", "", (), Tolerance(0, 0))


def built(kernel: str, folder: Path, form: Form = Form.NATIVE) -> object:
    return cpu.create().build(kernel, task(form), sandbox=local.create(), folder=folder)


@pytest.mark.parametrize(
    "flag",
    ["-fplugin=evil.so", "-B/tmp", "@flags", "-I/", "-I.", "-include", "/etc/passwd", "-Wl,-rpath,/tmp", "-o", "-o/x",
     "-specs=x", "-wrapper", "-x", "-Xlinker", "-L/", "-lcblas", "-fprofile-use=/x", "-save-temps", "-MD", "-dumpdir",
     "-D_FORTIFY_SOURCE=0", "-O2;rm", "-march=native;x", "-march=`x`", "kernel2.cpp", "--version", "-v",
     "-fdump-tree-all", "-fopt-info=/x", "-fno-plugin", "-fsanitize=address", "-static", "-pipe", "-O9"],
)  # fmt: skip
def test_a_flag_that_reads_writes_loads_or_runs_is_refused(flag: str) -> None:
    found = build_flags(f"// build: -O2 {flag}\n{KERNEL}")
    assert isinstance(found, BuildFailed)
    assert flag.split(maxsplit=1)[0] in found.reason


@pytest.mark.parametrize(
    "flag",
    ["-O1", "-Ofast", "-ffast-math", "-march=x86-64-v3", "-mtune=native", "-mavx2", "-mno-fma", "-funroll-loops",
     "-fno-tree-vectorize", "-mprefer-vector-width=256", "-fopenmp", "-std=c++20", "-ffp-contract=off"],
)  # fmt: skip
def test_a_flag_about_code_alone_is_taken(flag: str) -> None:
    assert build_flags(f"// A kernel.\n// build: {flag} // because\n{KERNEL}") == (flag,)


def test_a_build_line_after_the_first_line_of_code_is_a_comment() -> None:
    assert build_flags(KERNEL + "// build: -fplugin=evil.so\n") == ()
    assert build_flags("") == ()


def test_a_kernel_is_built_into_a_library_that_exports_it(tmp_path: Path) -> None:
    found = built(KERNEL, tmp_path)
    assert isinstance(found, Built)
    assert found.entry == "twice"
    assert hasattr(ctypes.CDLL(str(found.artifact)), "twice")
    assert [p.name for p in found.parameters] == ["x", "y", "n"]


def test_what_the_vectoriser_did_is_told_with_the_line(tmp_path: Path) -> None:
    if "clang" in cpu.create().compiler:
        pytest.skip("needs g++: only its remarks are read")
    found = built(KERNEL, tmp_path)
    assert isinstance(found, Built)
    assert any("line 2" in r and "vectorized" in r for r in found.remarks)


def test_a_kernel_that_does_not_compile_is_told_the_first_error(tmp_path: Path) -> None:
    found = built(KERNEL.replace("2 * x[i]", "2 * z[i]"), tmp_path)
    assert isinstance(found, BuildFailed)
    assert "kernel.cpp:2" in found.reason
    assert "z" in found.reason
    assert found.reason in found.log


def test_the_users_folders_are_not_on_the_include_path(tmp_path: Path) -> None:
    (tmp_path / "mine.h").write_text("#define N 1\n")
    inside = tmp_path / "build"
    inside.mkdir()
    found = built('#include "mine.h"\n' + KERNEL, inside)
    assert isinstance(found, BuildFailed)
    assert "mine.h" in found.reason


def test_a_module_is_parsed_and_must_define_the_class(tmp_path: Path) -> None:
    good = built("class ModelNew:\n    pass\n", tmp_path, Form.KERNELBENCH)
    assert isinstance(good, Built)
    assert (good.artifact.name, good.entry, good.parameters) == ("kernel.py", "ModelNew", ())
    for text in ("class Other:\n    pass\n", "def f(:\n", "if 1:\n    class ModelNew: pass\n", "x = 1\x00"):
        assert isinstance(built(text, tmp_path, Form.KERNELBENCH), BuildFailed), text


def test_a_module_that_compiles_all_of_torchs_headers_is_told_what_to_write_instead(tmp_path: Path) -> None:
    text = "from torch.utils.cpp_extension import load_inline\nm = load_inline('m', ''{})\nclass ModelNew: ...\n"
    heavy = built(text.format(""), tmp_path, Form.KERNELBENCH)
    light = built(text.format(", no_implicit_headers=True"), tmp_path, Form.KERNELBENCH)
    assert isinstance(heavy, Built)
    assert isinstance(light, Built)
    assert "torch/csrc/stable" in heavy.remarks[0]
    assert light.remarks == ()


def test_the_fingerprint_names_compiler_processor_and_flags() -> None:
    backend = cpu.create()
    assert backend.fingerprint == cpu.create().fingerprint
    assert "-O3" in backend.fingerprint
    assert cpu.processor() in backend.fingerprint


def test_of_a_log_without_errors_the_last_line_counts() -> None:
    assert first_error("a\nkilled\n") == "killed"
    assert first_error("note\nx: error: y\nmore") == "x: error: y"
    assert "said nothing" in first_error("")
