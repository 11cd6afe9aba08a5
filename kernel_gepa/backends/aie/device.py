"""A kernel on a device: AMD's compiler makes the object, aiecc.py the design around it, XRT runs it, its trace is read.

Needs what `PEANO_INSTALL_DIR` and `MLIR_AIE_INSTALL_DIR` name, the Python that has mlir-aie's bindings and XRT's
(`MLIR_AIE_PYTHON`, or python3), mlir-aie's parse_trace.py (below `MLIR_AIE_BUILD_DIR`), and a device node. Steps, flags
and versions are those of NPUEval's container (mlir-aie 0.0.1.2025051904). Every step is a job in the sandbox. Nobody
has run this on a device yet: tested is that each step is called as documented, and that its files are read.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.backends.aie.emulator import first_error
from kernel_gepa.backends.aie.peano import FLAGS, TARGETS, Installed
from kernel_gepa.domain.npu import TileBuffer
from kernel_gepa.errors import SandboxError
from kernel_gepa.ports import Limits, Mount, Sandbox

NODE = Path("/dev/accel/accel0")
DRIVER = Path(__file__).parent / "xrt"  # the scripts that mlir-aie's own Python runs
STEP_S = 300.0
LIMITS = Limits(memory_bytes=8 << 30, file_bytes=256 << 20)
TRACE_BYTES = 8192
XRT = Path("/opt/xilinx/xrt")
PARSER = Path("programming_examples") / "utils" / "parse_trace.py"
COLUMN_SHIFT = {"npu1": "1", "npu2": "0"}  # of parse_trace.py

# What the driver says when it is its own failure; the kernel is not to blame, and the next one would fail too.
UNSTABLE = re.compile(r"unexpected command state|Failed to open KMQ device|No such device")

AIECC = (
    "--aie-generate-cdo",
    "--aie-generate-npu-insts",
    "--aie-generate-xclbin",
    "--no-compile-host",
    "--no-xchesscc",
    "--no-xbridge",
)


@dataclass(frozen=True, slots=True)
class Ran:
    """`failed` names the step that ended it and what it said; then there are no outputs and no trace."""

    outputs: bytes = b""
    trace: Path | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """What is run: the kernel with its wrapper behind it, arguments in the wrapper's order, and the inputs' bytes."""

    text: str
    wrapper: str
    buffers: Sequence[TileBuffer]
    inputs: Sequence[bytes]
    scalars: Sequence[float | int]


def present(node: Path = NODE) -> bool:
    return node.exists()


def steps(found: Installed, device: str, wrapper: str) -> list[tuple[str, list[str]]]:
    """By name, the commands of one run, in their order. They work in one folder."""
    python = os.environ.get("MLIR_AIE_PYTHON", "python3")
    target, include = f"--target={TARGETS[device]}", str(found.headers / "include")
    parse = Path(os.environ.get("MLIR_AIE_BUILD_DIR", found.headers)) / PARSER
    compile_it = [str(found.compiler), *FLAGS[:2], target, *FLAGS[2:], "-I", include, "-c", "kernel.cpp"]
    named = ["--peano", str(found.peano), "--xclbin-name=design.xclbin", "--npu-insts-name=design.bin"]
    read = ["--input", "trace.txt", "--mlir", "design.mlir", "--colshift", COLUMN_SHIFT[device]]
    return [
        ("Peano", [*compile_it, "-o", f"{wrapper}.o", "-w"]),
        ("the design", [python, str(DRIVER / "design.py"), "load.json", "design.mlir"]),
        ("aiecc", [shutil.which("aiecc.py") or str(found.headers / "bin" / "aiecc.py"), *AIECC, *named, "design.mlir"]),
        ("XRT", [python, str(DRIVER / "launch.py"), "load.json", "design.xclbin", "design.bin"]),
        ("the trace", [python, str(parse), *read, "--output", "trace.json"]),
    ]


def run_on_device(load: Load, found: Installed, device: str, *, sandbox: Sandbox, folder: Path) -> Ran:
    """One launch. The trace stays in `folder`. Raises SandboxError where the driver, not the kernel, has failed."""
    room = folder / secrets.token_hex(8)
    room.mkdir(parents=True)
    (room / "kernel.cpp").write_text(load.text)
    (room / "load.json").write_text(json.dumps(described(load, device)))
    for number, content in enumerate(load.inputs):
        (room / f"input{number}.bin").write_bytes(content)
    mounts = [Mount(path) for path in needed(found)]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "TMPDIR": str(room),
        "LC_ALL": "C",
        "PYTHONPATH": os.pathsep.join(map(str, (found.headers / "python", XRT / "python"))),
        "LD_LIBRARY_PATH": str(XRT / "lib"),
        "PEANO_INSTALL_DIR": str(found.peano),
    }
    for name, command in steps(found, device, load.wrapper):
        job = sandbox.start(command, folder=room, mounts=mounts, environment=environment, limits=LIMITS)
        try:
            done = job.wait(STEP_S)
        finally:
            job.kill()
        if done is None:
            return Ran(failed=f"{name} did not end within {STEP_S:g} s")
        if done.code and (unstable := UNSTABLE.search(done.stderr)):
            raise SandboxError(f"the NPU's driver is in no state to run anything ({unstable[0]}); reload it and go on")
        if done.code:
            return Ran(failed=f"{name} failed: {first_error(done.stderr)}")
    return Ran((room / "output.bin").read_bytes(), room / "trace.json")


def needed(found: Installed) -> list[Path]:
    """What jobs have to see beside their folder."""
    build = os.environ.get("MLIR_AIE_BUILD_DIR")
    wanted = [found.peano, found.headers, DRIVER, XRT, *([Path(build)] if build else [])]
    return [path for path in wanted if path.exists()]


def described(load: Load, device: str) -> dict[str, object]:
    """load.json: what the scripts have to know."""
    return {
        "device": device,
        "wrapper": load.wrapper,
        "trace_bytes": TRACE_BYTES,
        "inputs": [_tensor(b) for b in load.buffers if b.role == "input"],
        "outputs": [_tensor(b) for b in load.buffers if b.role == "output"],
        "scalars": [
            {"dtype": b.dtype, "value": value}
            for b, value in zip((b for b in load.buffers if b.role == "scalar"), load.scalars, strict=True)
        ],
    }


def _tensor(buffer: TileBuffer) -> dict[str, object]:
    return {"dtype": buffer.dtype, "elements": buffer.elements}
