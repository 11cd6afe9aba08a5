"""Kernels in C: found out by their text, built by a C compiler, judged and improved as those in C++ are."""

from __future__ import annotations

import ctypes
import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.backends.signature import exported
from kernel_gepa.benchmarks.single_file import look
from kernel_gepa.domain.task import Form, Task, Tolerance
from kernel_gepa.domain.verdict import BuildFailed, Correct, Incorrect
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.measure import Rounds
from kernel_gepa.harness.probe import complete
from kernel_gepa.harness.screen import screen
from kernel_gepa.ports import Built
from kernel_gepa.proposers.knobs import knobs
from kernel_gepa.proposers.transform.catalogue import rewrites
from kernel_gepa.sandbox import local

KERNEL = """\
#include <math.h>
#include <stdint.h>

static inline float square(float v) { return v * v; }

void norms(const float *restrict x, float *restrict y, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; r++) {
        float sum = 0.0f;
        for (int64_t c = 0; c < cols; c++) sum += square(x[r * cols + c]);
        for (int64_t c = 0; c < cols; c++) y[r * cols + c] = x[r * cols + c] / sqrtf(sum);
    }
}
"""
REFERENCE = """
import torch


def workloads():
    return {"default": {"x": "float32[rows=33, cols=129]"}}


def reference(x):
    return x / torch.linalg.vector_norm(x, dim=1, keepdim=True)
"""
ROUNDS = Rounds(least=3, most=6, limit_s=0.3, patience=1)


def built(kernel: str, folder: Path) -> object:
    folder.mkdir(exist_ok=True)
    return cpu.create().build(
        kernel, Task("t", "", Form.NATIVE, "", "", (), Tolerance(0, 0)), sandbox=local.create(), folder=folder
    )


def called(kernel: str, folder: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    found = built(kernel, folder)
    assert isinstance(found, Built), found
    x, y = np.random.default_rng(1).random((7, 45), dtype=np.float32), np.zeros((7, 45), np.float32)
    function = getattr(ctypes.CDLL(str(found.artifact)), found.entry)
    function(*(ctypes.c_void_p(a.ctypes.data) for a in (x, y)), ctypes.c_int64(7), ctypes.c_int64(45))
    return y


def test_the_one_function_that_others_can_call_is_found() -> None:
    found = exported(KERNEL)
    assert not isinstance(found, BuildFailed), found
    assert found[0] == "norms"
    assert [(p.name, p.dtype, p.const) for p in found[1][:2]] == [("x", "float32", True), ("y", "float32", False)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("int x;", "found none"),
        (KERNEL + "void other(float *y) { y[0] = 0; }\n", "found norms, other"),
        (KERNEL.replace("void norms", "static void norms"), "found none"),
        (KERNEL.replace("void norms", "inline void norms"), "found none"),
    ],
)
def test_none_or_several_of_them_are_refused_with_a_sentence(text: str, said: str) -> None:
    found = exported(text)
    assert isinstance(found, BuildFailed)
    assert said in found.reason
    assert "static" in found.reason


def test_c_is_compiled_as_c(tmp_path: Path) -> None:
    """With what C++ does not know: restrict, and a pointer from void* without a cast."""
    text = KERNEL.replace("float sum = 0.0f;", "float sum = 0.0f; const void *any = x; x = any;")
    assert np.allclose((called(text, tmp_path / "a") ** 2).sum(axis=1), 1)


def test_where_there_is_no_c_compiler_the_other_one_is_told_the_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu.find_compiler()  # remembered from here on
    for name in ("prlimit",):
        found = shutil.which(name)
        if found is not None:
            (tmp_path / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    cpu.c_compiler.cache_clear()
    try:
        assert cpu.c_compiler() is None
        assert Path(cpu.compiling(KERNEL)[0]).name == Path(cpu.find_compiler()).name
        assert isinstance(built(KERNEL, tmp_path / "b"), Built)
    finally:
        cpu.c_compiler.cache_clear()


def test_what_is_wrong_with_it_is_told_with_its_line(tmp_path: Path) -> None:
    found = built(KERNEL.replace("sqrtf(sum)", "sqrtf(sun)"), tmp_path)
    assert isinstance(found, BuildFailed)
    assert found.reason.startswith("kernel.c:10:")


def test_the_vectoriser_speaks_of_c_too(tmp_path: Path) -> None:
    if "clang" in cpu.compiling(KERNEL)[0]:
        pytest.skip("needs gcc: only its remarks are read")
    found = built(KERNEL, tmp_path)
    assert isinstance(found, Built)
    assert any("line 10" in remark for remark in found.remarks), found.remarks


def test_the_fingerprint_tells_another_c_compiler_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = cpu.create().fingerprint
    other = tmp_path / "gcc"
    other.write_text("#!/bin/sh\necho gcc of another day\n")
    other.chmod(0o755)
    monkeypatch.setenv("CC", str(other))
    cpu.c_compiler.cache_clear()
    try:
        assert "gcc of another day" in cpu.create().fingerprint
        assert cpu.create().fingerprint != before
    finally:
        cpu.c_compiler.cache_clear()


def test_the_screen_reads_c() -> None:
    task = Task("t", "", Form.NATIVE, "", "", (), Tolerance(0, 0))
    assert screen(KERNEL, task).reasons == ()
    bad = KERNEL.replace("#include <math.h>", "#include <math.h>\n#include <unistd.h>").replace(
        "float sum = 0.0f;", "float sum = fork();"
    )
    assert len(screen(bad, task).reasons) == 2


def test_every_rewrite_of_c_is_c_and_computes_the_same(tmp_path: Path) -> None:
    expected = called(KERNEL, tmp_path / "start")
    made = [r for r in rewrites(KERNEL) if r.kind != "fast_math"]  # the linker would change the whole process
    assert {"simd", "accumulators", "parallel"} <= {r.kind for r in made}
    for number, rewrite in enumerate([*made, *Random(1).sample(rewrites(made[-1].text), 3)]):
        assert np.allclose(called(rewrite.text, tmp_path / str(number)), expected, rtol=1e-4), rewrite.name


def test_what_a_rewrite_leaves_to_tune_is_a_knob() -> None:
    (made,) = [r for r in rewrites(KERNEL) if r.kind == "accumulators"]
    assert "constexpr" not in made.text
    assert [knob.name for knob in knobs(made.text)] == ["LANES_C"]


def test_a_c_file_is_judged_by_its_reference(tmp_path: Path) -> None:
    kernel, reference = tmp_path / "kernel.c", tmp_path / "reference.py"
    kernel.write_text(KERNEL)
    reference.write_text(REFERENCE)
    with pytest.raises(TaskError, match="is C and says nothing of what is right"):
        look(kernel)
    draft = look(kernel, reference=reference)
    with Bench(cpu.create(), local.create(), Settings(rounds=ROUNDS)) as bench:
        task = complete(draft, local.create(), bench.folder)
        assert isinstance(bench.judge(KERNEL, task), Correct)
        assert isinstance(bench.judge(KERNEL.replace("sqrtf(sum)", "sum"), task), Incorrect)


def test_our_own_form_names_a_c_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "norms.c").write_text(KERNEL)
    (tmp_path / "task.py").write_text('kernel = "norms.c"\n' + REFERENCE)
    draft = look(tmp_path / "task.py")
    assert (draft.kernel, draft.kernel_path) == (KERNEL, tmp_path / "norms.c")
