"""A run on a device, step by step, with scripts in the places of AMD's tools: nobody here has a device.

What is shown: each step is called as NPUEval calls it, with what it needs in its folder; outputs and trace are read; a
step that fails is told as such, and a driver that fails is no fault of the kernel. The scripts do none of the work.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from kernel_gepa.backends.aie import device
from kernel_gepa.backends.aie.device import Load, run_on_device, steps
from kernel_gepa.backends.aie.peano import Installed
from kernel_gepa.benchmarks.npueval.traces import traced
from kernel_gepa.domain.npu import TileBuffer
from kernel_gepa.errors import SandboxError
from kernel_gepa.sandbox.local import Local
from tests.npu.test_real_path import TRACE

TOOL = """#!/bin/sh
echo "$(basename "$0") $*" >> {log}
case "$*" in
*kernel.cpp*) grep -q broken kernel.cpp && { echo "kernel.cpp:1:1: error: unknown type name" >&2; exit 1; }
    touch scale_wrapper.o ;;
*design.py*) test -f load.json && echo module > design.mlir ;;
*--aie-generate-xclbin*) test -f design.mlir && test -f scale_wrapper.o && touch design.xclbin design.bin ;;
*launch.py*) grep -q unstable kernel.cpp && { echo "qds_device::wait() unexpected command state" >&2; exit 1; }
    test -f design.xclbin && cp input0.bin output.bin && echo 0000abcd > trace.txt ;;
*parse_trace.py*) test -f trace.txt && cp {trace} trace.json ;;
esac
"""

BUFFERS = [
    TileBuffer("in", "input", "int16", (4,), "int16_t *"),
    TileBuffer("out", "output", "int16", (4,), "int16_t *"),
    TileBuffer("shift", "scalar", "uint32", (), "uint32_t"),
]
INPUT = struct.pack("<4h", 1, -2, 3, -4)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def found(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    (tmp_path / "recorded.json").write_text(json.dumps(TRACE))
    for place in ("peano/bin/clang++", "mlir/bin/aiecc.py", "bin/python"):
        tool = tmp_path / place
        tool.parent.mkdir(parents=True)
        tool.write_text(TOOL.replace("{log}", str(log)).replace("{trace}", str(tmp_path / "recorded.json")))
        tool.chmod(0o755)
    monkeypatch.setenv("MLIR_AIE_PYTHON", str(tmp_path / "bin" / "python"))
    monkeypatch.delenv("MLIR_AIE_BUILD_DIR", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return Installed(tmp_path / "peano", tmp_path / "mlir")


def load(text: str = "void scale() {}") -> Load:
    return Load(text, "scale_wrapper", BUFFERS, [INPUT], [3])


def test_a_run_goes_through_every_step_and_reads_outputs_and_cycles(
    found: Installed, log: Path, tmp_path: Path
) -> None:
    ran = run_on_device(load(), found, "npu1", sandbox=Local(), folder=tmp_path / "work")
    assert ran.failed == ""
    assert ran.outputs == INPUT
    assert ran.trace is not None
    assert (traced(ran.trace).total_cycles, traced(ran.trace).vector_cycles) == (35, 5)
    said = log.read_text().splitlines()
    assert [line.split()[0] for line in said] == ["clang++", "python", "aiecc.py", "python", "python"]
    assert "--target=aie2-none-unknown-elf" in said[0]
    assert f"--peano {found.peano}" in said[2]
    assert "--no-xchesscc" in said[2]
    assert "--colshift 1" in said[4]
    told = json.loads((ran.trace.parent / "load.json").read_text())
    assert told["inputs"] == [{"dtype": "int16", "elements": 4}]
    assert told["scalars"] == [{"dtype": "uint32", "value": 3}]


def test_the_step_that_fails_is_named(found: Installed, tmp_path: Path) -> None:
    ran = run_on_device(load("broken"), found, "npu2", sandbox=Local(), folder=tmp_path / "work")
    assert ran.trace is None
    assert ran.failed == "Peano failed: kernel.cpp:1: error: unknown type name"


def test_a_driver_that_fails_is_no_fault_of_the_kernel(found: Installed, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="driver"):
        run_on_device(load("// unstable"), found, "npu1", sandbox=Local(), folder=tmp_path / "work")


def test_the_scripts_for_their_python_are_where_they_are_called(found: Installed) -> None:
    """They need bindings that are not here: that they are Python is all that can be seen of them."""
    called = [word for _, command in steps(found, "npu1", "scale_wrapper") for word in command if word.endswith(".py")]
    ours = [Path(word) for word in called if Path(word).parent == device.DRIVER]
    assert sorted(path.name for path in ours) == ["design.py", "launch.py"]
    for path in ours:
        compile(path.read_text(), str(path), "exec")
