"""AMD's own compiler, where it is installed: what it says of a kernel, and the stack it gives its functions.

The environment is that of NPUEval's container: PEANO_INSTALL_DIR holds bin/clang++, MLIR_AIE_INSTALL_DIR the headers.
Flags are NPUEval's. Nothing is run here: that takes aiecc, XRT and a device.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from kernel_gepa.backends.aie.assembly import initiation_intervals, stack_sizes
from kernel_gepa.backends.aie.emulator import first_error
from kernel_gepa.domain.npu import CORE_STACK_BYTES
from kernel_gepa.errors import ToolchainError
from kernel_gepa.ports import Limits, Mount, Sandbox

TARGETS = {"npu1": "aie2-none-unknown-elf", "npu2": "aie2p-none-unknown-elf"}
FLAGS = ("-O2", "-std=c++20", "-Wno-parentheses", "-Wno-attributes", "-Wno-macro-redefined", "-DNDEBUG")
LIMIT_S = 120.0
LIMITS = Limits(memory_bytes=4 << 30, file_bytes=64 << 20)


@dataclass(frozen=True, slots=True)
class Installed:
    peano: Path
    headers: Path

    @property
    def compiler(self) -> Path:
        return self.peano / "bin" / "clang++"


@dataclass(frozen=True, slots=True)
class Compiled:
    """`stack` are the bytes by function, as the compiler writes them; `loops` the initiation interval of each innermost
    loop, by its label. Both are empty where it failed.
    """

    compiles: bool
    diagnostics: str
    stack: dict[str, int]
    loops: dict[str, int] = field(default_factory=dict)

    @property
    def overflows(self) -> tuple[str, ...]:
        """Functions that alone need more than a core's stack."""
        return tuple(name for name, size in self.stack.items() if size > CORE_STACK_BYTES)


def installed() -> Installed | None:
    """None where PEANO_INSTALL_DIR is not set. Raises ToolchainError for an installation that is not whole."""
    peano = os.environ.get("PEANO_INSTALL_DIR")
    if not peano:
        return None
    headers = os.environ.get("MLIR_AIE_INSTALL_DIR")
    found = Installed(Path(peano), Path(headers or ""))
    if not found.compiler.exists():
        raise ToolchainError(f"PEANO_INSTALL_DIR is {peano}, which has no bin/clang++; point it to an llvm-aie wheel")
    if not headers or not (found.headers / "include").is_dir():
        raise ToolchainError(
            "PEANO_INSTALL_DIR is set and MLIR_AIE_INSTALL_DIR names no folder with include/; set both"
        )
    return found


def command(found: Installed, device: str) -> list[str]:
    """As NPUEval compiles, to assembly that says its stack sizes."""
    flags = [FLAGS[0], FLAGS[1], f"--target={TARGETS[device]}", *FLAGS[2:], "-I", str(found.headers / "include")]
    return [
        str(found.compiler),
        *flags,
        "-S",
        "-fverbose-asm",
        "-fstack-size-section",
        "-c",
        "kernel.cpp",
        "-o",
        "kernel.s",
        "-w",
    ]


def compiled(text: str, found: Installed, device: str, *, sandbox: Sandbox, folder: Path) -> Compiled:
    """`text` is the kernel with its wrapper behind it, as NPUEval puts them together."""
    room = folder / secrets.token_hex(8)
    room.mkdir(parents=True)
    try:
        (room / "kernel.cpp").write_text(text)
        environment = {"PATH": os.defpath, "TMPDIR": str(room), "LC_ALL": "C"}
        mounts = [Mount(found.peano), Mount(found.headers)]
        job = sandbox.start(command(found, device), folder=room, mounts=mounts, environment=environment, limits=LIMITS)
        try:
            done = job.wait(LIMIT_S)
        finally:
            job.kill()
        if done is None:
            return Compiled(False, f"Peano did not end within {LIMIT_S:g} s", {})
        if done.code:
            return Compiled(False, f"{first_error(done.stderr)}\n{done.stderr.strip()}", {})
        assembly = (room / "kernel.s").read_text(errors="replace")
        return Compiled(True, done.stderr.strip(), stack_sizes(assembly), initiation_intervals(assembly))
    finally:
        shutil.rmtree(room, ignore_errors=True)
