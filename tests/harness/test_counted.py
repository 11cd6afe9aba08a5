"""Counting instructions: the launcher's text, and what cannot be counted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from kernel_gepa.backends.cpu import Cpu
from kernel_gepa.domain.signature import Parameter, bind
from kernel_gepa.domain.task import Form, ScalarSpec, Task, TensorSpec, Tolerance, Workload
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.counted import COUNTED, counted, launcher
from kernel_gepa.harness.driver import Bench
from kernel_gepa.sandbox import local

# What the launcher must pass: two addresses, and a number of each kind.
KERNEL = """
#include <stdint.h>
#include <stdio.h>
void probe(const float* x, float* y, int64_t n, double scale, float shift, int32_t step, _Bool on) {
    printf("%g %g %ld %a %a %d %d\\n", x[0], y[0], (long)n, scale, (double)shift, (int)step, (int)on);
}
"""
WORKLOAD = Workload(
    "one",
    (
        TensorSpec("x", "float32", (2,), ("n",)),
        ScalarSpec("scale", 0.1),
        ScalarSpec("shift", -1.5),
        ScalarSpec("step", -7),
        ScalarSpec("on", True),
    ),
    (TensorSpec("output", "float32", (2,)),),
)
PARAMETERS = (
    Parameter("x", "float32", pointer=True, const=True),
    Parameter("y", "float32", pointer=True),
    Parameter("n", "int64"),
    Parameter("scale", "float64"),
    Parameter("shift", "float32"),
    Parameter("step", "int32"),
    Parameter("on", "bool"),
)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_the_launcher_passes_addresses_and_numbers_as_the_kernel_takes_them(tmp_path: Path) -> None:
    passed = bind(PARAMETERS, WORKLOAD)
    assert isinstance(passed, tuple)
    x, y = (spec for spec in (WORKLOAD.inputs[0], WORKLOAD.outputs[0]) if isinstance(spec, TensorSpec))
    (tmp_path / "arena.bin").write_bytes(b"\x00\x00\x80\x3f" * 4 + b"\x00\x00\x00\x40" * 4)
    (tmp_path / "kernel.c").write_text(KERNEL)
    (tmp_path / "launch.c").write_text(launcher("probe", passed, {x: 0, y: 16}))
    subprocess.run(["gcc", "launch.c", "kernel.c", "-o", "launch"], cwd=tmp_path, check=True)
    done = subprocess.run(["./launch", "3"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"1 2 2 {(0.1).hex()} -0x1.8p+0 -7 1"] * 3
    assert subprocess.run(["./launch"], cwd=tmp_path, check=False).returncode == 97


def test_the_count_is_read_from_what_valgrind_says() -> None:
    said = "==12== \n==12== I   refs:      1,234,567\n"
    assert COUNTED.findall(said) == ["1,234,567"]


def test_python_is_not_counted() -> None:
    task = Task("module", "", Form.KERNELBENCH, "", "", (), Tolerance(0.0, 0.0))
    with Bench(Cpu(), local.create()) as bench, pytest.raises(TaskError, match="no kernel in C or C"):
        counted(bench, "", task)
