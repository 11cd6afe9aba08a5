"""The bench end to end: real kernels, real workers, every kind of verdict."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kernel_gepa.backends import cpu
from kernel_gepa.domain.verdict import BuildFailed, Correct, Crashed, Incorrect, Rejected, TimedOut
from kernel_gepa.errors import SandboxError, TaskError
from kernel_gepa.harness.connection import Connection
from kernel_gepa.harness.driver import Bench, scratch_folder
from kernel_gepa.ports import Sandbox

from .stands import QUICK, Stand, stand

HEAD = 'extern "C" void scan(const float* x, float* y, long rows, long cols)'
BODY = """
    for (long r = 0; r < rows; r++) {
        float sum = 0;
        for (long c = 0; c < cols; c++) { sum = sum * 0.5f + x[r * cols + c]; y[r * cols + c] = sum; }
    }
"""
KERNEL = f"{HEAD} {{{BODY}}}\n"

# A chain of dependent operations: no compiler makes the work of it disappear.
TASK = f'''
import torch

tolerance = {{"rtol": 1e-4, "atol": 1e-5}}
kernel = """
{KERNEL}"""


def workloads():
    return {{"wide": {{"x": "float32[rows=37, cols=259]"}}, "long": {{"x": "float32[rows=5, cols=1003]"}}}}


def reference(x):
    sums, out = torch.zeros(x.shape[0], dtype=x.dtype), torch.empty_like(x)
    for c in range(x.shape[1]):
        sums = sums * 0.5 + x[:, c]
        out[:, c] = sums
    return out
'''


@pytest.fixture(scope="module")
def native(bench: Bench, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    return stand(bench, sandbox, tmp_path_factory.mktemp("task"), TASK)


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Workers of candidates end with their judgement, and their folders go."""
    bench: Bench = request.getfixturevalue("bench")
    yield
    assert not list(bench.folder.glob("worker-*"))
    held = str(bench.folder / "worker-")
    assert not [line for line in _command_lines() if held in line]


def _command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


# ---------------------------------------------------------------- correct


def test_a_correct_kernel_is_measured_by_both_clocks_on_every_workload(native: Stand) -> None:
    verdict = native.judge(KERNEL)
    assert isinstance(verdict, Correct), verdict
    assert [m.workload for m in verdict.measurements] == ["wide", "long"]
    for measurement in verdict.measurements:
        assert {(s.side, s.clock) for s in measurement.samples} == {
            (side, clock) for side in ("candidate", "baseline") for clock in ("cpu", "wall")
        }
        assert all(len(s.seconds) >= 3 for s in measurement.samples)
        assert 0.7 < measurement.speedup.value < 1.4
        assert measurement.speedup.low <= measurement.speedup.value <= measurement.speedup.high


def test_a_kernel_that_does_the_work_twice_is_half_as_fast(native: Stand) -> None:
    again = BODY.replace("sum * 0.5f", "sum * half").replace(
        "float sum = 0;", "float sum = 0; volatile float v = 0.5f; float half = v;"
    )
    verdict = native.judge(f"{HEAD} {{{again}{again}}}\n")
    assert isinstance(verdict, Correct), verdict
    for measurement in verdict.measurements:
        assert measurement.speedup.low < 0.6
        assert measurement.speedup.high > 0.4
        assert measurement.speedup.high < 0.8


def test_a_verification_takes_fresh_processes_and_says_how_many(native: Stand) -> None:
    verdict = native.bench.verify(KERNEL, native.task, ("start", "eager"), processes=2)
    assert isinstance(verdict, Correct), verdict
    assert [(m.workload, m.baseline) for m in verdict.measurements] == [
        ("wide", "start"), ("long", "start"), ("wide", "eager"), ("long", "eager"),
    ]  # fmt: skip
    assert all("2 fresh processes" in m.notes[0] for m in verdict.measurements)
    assert all(m.speedup.value > 3 for m in verdict.measurements[2:]), "a Python loop per column is slower"


def test_a_kernel_may_take_its_numbers_in_other_types_and_orders(native: Stand) -> None:
    other = KERNEL.replace(
        "const float* x, float* y, long rows, long cols", "int cols, float* y, short rows, const float* x"
    )
    assert isinstance(native.judge(other), Correct)


def test_the_sandbox_of_a_build_line_is_its_allow_list(native: Stand) -> None:
    assert isinstance(native.judge("// build: -O1 -fno-tree-vectorize\n" + KERNEL), Correct)


# ---------------------------------------------------------------- does not build


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (KERNEL.replace("float sum = 0;", "float sum = 0"), "error"),
        ("#include <cmath>\n" + KERNEL.replace('extern "C" ', ""), 'exactly one extern "C"'),
        ("// build: -fplugin=evil.so\n" + KERNEL, "may not choose"),
        (KERNEL.replace("const float* x", "const double* x"), "points to float64"),
        (KERNEL.replace("long cols", "long cols, long depth"), "bound by name"),
        (KERNEL.replace("const float* x, ", ""), "error|takes 1 pointers"),
        (KERNEL.replace("{\n", "{ missing_function();\n", 1), "missing_function"),
        (
            'extern "C" void missing(float*);\n' + KERNEL.replace("float sum = 0;", "float sum = 0; missing(y);"),
            "missing",
        ),
        ("", "exactly one"),
    ],
    ids=["syntax", "linkage", "flag", "type", "name", "pointer", "undeclared", "undefined", "empty"],
)
def test_what_cannot_be_built_or_bound_fails_to_build(native: Stand, kernel: str, said: str) -> None:
    verdict = native.judge(kernel)
    assert isinstance(verdict, BuildFailed), verdict
    assert re.search(said, verdict.reason + verdict.log)


def test_a_compiler_that_does_not_end_is_timed_out(native: Stand, sandbox: Sandbox) -> None:
    with Bench(cpu.Cpu(build_limit_s=0.02), sandbox, QUICK) as hasty:
        verdict = hasty.judge(KERNEL, native.task)
    assert verdict == TimedOut("build", 0.02)


# ---------------------------------------------------------------- crashes and endless loops


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("*(volatile int*)8 = 1;", "SIGSEGV"),
        ("__builtin_trap();", "SIGILL|SIGTRAP"),
        ("volatile int zero = 0; volatile int q = 7 / zero; (void)q;", "SIGFPE"),
    ],
)
def test_a_kernel_that_is_killed_has_crashed(native: Stand, statement: str, said: str) -> None:
    verdict = native.judge(KERNEL.replace("{\n", "{ " + statement + "\n", 1))
    assert isinstance(verdict, Crashed), verdict
    assert re.search(said, verdict.reason)
    assert verdict.workload == "wide"


@pytest.mark.parametrize(
    ("call", "said"), [("abort()", "SIGABRT"), ("exit(3)", "exit code 3"), ("exit(0)", "exit code 0")]
)
def test_a_kernel_that_ends_its_process_has_crashed_where_the_screen_lets_it(
    loose: Bench, native: Stand, call: str, said: str
) -> None:
    kernel = "#include <cstdlib>\n" + KERNEL.replace("{\n", "{ " + call + ";\n", 1)
    assert isinstance(native.judge(kernel), Rejected)
    verdict = loose.judge(kernel, native.task)
    assert isinstance(verdict, Crashed), verdict
    assert said in verdict.reason


def test_an_endless_loop_is_timed_out(native: Stand) -> None:
    verdict = native.judge(KERNEL.replace("{\n", "{ volatile int on = 1; while (on) {}\n", 1))
    assert isinstance(verdict, TimedOut), verdict
    assert (verdict.stage, verdict.workload) == ("check", "wide")


@pytest.fixture(scope="module")
def loose(sandbox: Sandbox) -> Iterator[Bench]:
    with Bench(cpu.create(), sandbox, replace(QUICK, strict=False)) as bench:
        yield bench


# ---------------------------------------------------------------- wrong


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("= sum; }", "= sum * 1.25f; }", "1.25 times"),
        ("c < cols", "c < cols - cols % 8", "never written"),
        ("= sum; }", "= c == 17 ? 0.0f / (sum - sum) : sum; }", "NaN or infinite"),
        ("= sum; }", "= sum; if (r == rows - 1) y[rows * cols] = 1; }", "writes outside its buffers"),
        ("= sum; }", "= sum; if (r == 0) y[-1] = 1; }", "writes outside its buffers"),
        ("= sum; }", "= sum; const_cast<float*>(x)[r * cols] = 0; }", "changes its input x"),
        ("= sum; }", "= 0; }", "every wrong value is 0"),
    ],
    ids=["scale", "tail", "nan", "past the end", "before the start", "input", "zero"],
)
def test_a_wrong_kernel_is_told_how_it_is_wrong(native: Stand, old: str, new: str, said: str) -> None:
    assert old in KERNEL
    verdict = native.judge(KERNEL.replace(old, new))
    assert isinstance(verdict, Incorrect), verdict
    assert any(said in " ".join((m.what, *m.details)) for m in verdict.mismatches)


def test_workloads_that_are_right_are_named_beside_those_that_are_not(native: Stand) -> None:
    verdict = native.judge(KERNEL.replace("sum; }", "sum + (cols == 1003); }"))
    assert isinstance(verdict, Incorrect)
    assert verdict.passed == ("wide",)
    assert [m.workload for m in verdict.mismatches] == ["long"]
    assert any("off by 1" in d for d in verdict.mismatches[0].details)


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    "line",
    ["#include <thread>", "#include <fstream>", '#include "other.h"', "#include <chrono>",
     "__attribute__((constructor)) static void early() {}"],
)  # fmt: skip
def test_what_has_no_place_in_a_kernel_is_rejected_unbuilt(native: Stand, line: str) -> None:
    assert isinstance(native.judge(line + "\n" + KERNEL), Rejected)


# ---------------------------------------------------------------- trouble of the house is nobody's verdict


def test_a_start_kernel_that_does_not_build_is_the_tasks_fault(native: Stand) -> None:
    broken = replace(native.task, kernel="no kernel")
    with pytest.raises(TaskError, match="is no baseline, it is build_failed"):
        native.bench.judge(KERNEL, broken)


def test_a_start_kernel_that_crashes_or_is_wrong_is_the_tasks_fault(native: Stand) -> None:
    crashing = replace(native.task, kernel=KERNEL.replace("{\n", "{ *(volatile int*)8 = 1;\n", 1))
    with pytest.raises((TaskError, SandboxError), match="start"):
        native.bench.judge(KERNEL, crashing)


def test_a_reference_that_raises_is_the_tasks_fault(native: Stand) -> None:
    raising = replace(native.task, reference="def reference(x):\n    raise ValueError('no idea')\n")
    with pytest.raises(TaskError, match="no idea"):
        native.bench.judge(KERNEL, raising)


def test_an_eager_worker_that_is_killed_is_the_houses_fault(
    native: Stand, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Bench(cpu.create(), sandbox, replace(QUICK, against="eager")) as bench:
        reference = bench.reference(native.task)
        start = reference.worker

        def doomed(**how: Any) -> Connection:
            connection = start(**how)
            if how["precision"] is None:
                os.kill(connection.pid, 9)
            return connection

        monkeypatch.setattr(reference, "worker", doomed)
        with pytest.raises(SandboxError):
            bench.judge(KERNEL, native.task)
        monkeypatch.undo()
        assert isinstance(bench.judge(KERNEL, native.task), Correct), "the next judgement starts another"


def test_a_bench_leaves_no_folder(sandbox: Sandbox) -> None:
    with Bench(cpu.create(), sandbox, QUICK) as bench:
        folder = bench.folder
        assert folder.exists()
    assert not folder.exists()
    another = scratch_folder()
    another.rmdir()
    assert another.name.startswith("kernel-gepa-")
