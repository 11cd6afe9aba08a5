"""The compiler of the emulator, and what is built once with it: the runner, and the API's headers precompiled."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kernel_gepa.backends.cache import users_folder
from kernel_gepa.domain.npu import ARCHITECTURES
from kernel_gepa.errors import ToolchainError

EMULATOR = Path(__file__).parent / "emulator"
INCLUDE = EMULATOR / "include"

LEAST_CLANG = 17  # older ones lack the arithmetic of __bf16
CLANGS = ("clang++-21", "clang++-20", "clang++-19", "clang++-18", "clang++-17", "clang++")

# Peano is a clang: clang's messages read like its own. Nothing is inlined or vectorised: instructions are counted.
FLAGS = (
    "-std=c++20", "-O1", "-fno-inline", "-fno-strict-aliasing", "-fwrapv", "-ffp-contract=off", "-fPIC",
    "-fvisibility=hidden", "-fno-exceptions", "-fno-asynchronous-unwind-tables", "-DNDEBUG", "-w",
)  # fmt: skip
CLANG_FLAGS = (
    "-fno-color-diagnostics", "-ferror-limit=6", "-ftemplate-backtrace-limit=1", "-fno-vectorize", "-fno-slp-vectorize",
)  # fmt: skip
GCC_FLAGS = ("-fno-tree-vectorize", "-fdiagnostics-color=never", "-fmax-errors=6")
X86_FLAGS = ("-mno-red-zone",)  # counters are pushed on the stack

BUILD_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Toolchain:
    """`fallback` says what a compiler that is no clang cannot do; empty for clang."""

    compiler: str
    version: str
    is_clang: bool

    @property
    def fallback(self) -> str:
        return (
            ""
            if self.is_clang
            else f"{self.compiler} is a fallback: bfloat16 is a class there, so that `c ? bfloat16 : float` does "
            "not compile, and messages differ from the toolchain's; install clang 17 or later, as with "
            "`apt install clang-19`"
        )

    @property
    def counts(self) -> bool:
        """Whether scalar instructions are counted here; elsewhere the estimate has vector operations only."""
        return platform.machine() == "x86_64"

    def flags(self, device: str) -> tuple[str, ...]:
        own = CLANG_FLAGS if self.is_clang else GCC_FLAGS
        machine = X86_FLAGS if self.counts else ()
        return (*FLAGS, *own, *machine, f"-D__AIE_ARCH__={ARCHITECTURES[device]}", f"-I{INCLUDE}")

    @property
    def fingerprint(self) -> str:
        return f"AIE emulator {emulator_print()}; {self.version}"


@cache
def find_toolchain(wanted: str | None = None) -> Toolchain:
    """The compiler that KERNEL_GEPA_AIE_CXX names, or the newest clang, or g++."""
    named = wanted or os.environ.get("KERNEL_GEPA_AIE_CXX")
    for name in (named,) if named else (*CLANGS, "g++"):
        found = shutil.which(name)
        toolchain = looked_at(found) if found else None
        if toolchain is not None:
            return toolchain
    raise ToolchainError(
        f"no C++ compiler for the AIE emulator was found ({named or 'clang++ 17 or later, or g++'}); "
        "install one, for example with `apt-get install clang-19`"
    )


def looked_at(compiler: str) -> Toolchain | None:
    """None for a clang that is too old."""
    said = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    version = said.splitlines()[0] if said else compiler
    clang = re.search(r"clang version (\d+)", said)
    if clang and int(clang[1]) < LEAST_CLANG:
        return None
    return Toolchain(compiler, version, clang is not None)


@cache
def emulator_print() -> str:
    """Of all sources: another emulator may give other verdicts."""
    digest = hashlib.sha256()
    for path in sorted(p for p in EMULATOR.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(EMULATOR)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Support:
    """What was built once: `precompiled` is None where the compiler has no such thing for us."""

    folder: Path
    runner: Path
    precompiled: Path | None


@cache
def support(toolchain: Toolchain, device: str) -> Support:
    """Built at the first use, which takes some seconds; kept in the user's cache by content."""
    parts = (emulator_print(), toolchain.compiler, toolchain.version, *toolchain.flags(device))
    folder = users_folder() / "aie" / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
        try:
            _build(toolchain, device, making)
            making.chmod(0o755)  # a sandbox may run as another user
            try:
                making.rename(folder)
            except OSError:  # another process was faster; theirs is as good
                if not folder.exists():
                    raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    precompiled = folder / "prefix.pch"
    return Support(folder, folder / "runner", precompiled if precompiled.exists() else None)


def _build(toolchain: Toolchain, device: str, folder: Path) -> None:
    runner = ["-std=c++20", "-O2", "-w", str(EMULATOR / "runner.cpp"), "-o", str(folder / "runner")]
    _run([toolchain.compiler, *runner, "-rdynamic", "-Wl,--no-as-needed", "-lm", "-ldl"])
    if toolchain.is_clang:
        header = ["-x", "c++-header", str(EMULATOR / "prefix.hpp"), "-o", str(folder / "prefix.pch")]
        # Sandboxes may show another time of change for a mount.
        _run([toolchain.compiler, *toolchain.flags(device), "-Xclang", "-fno-pch-timestamp", *header])


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolchainError(f"the AIE emulator cannot be built: {error}") from error
    if done.returncode:
        raise ToolchainError(f"the AIE emulator cannot be built with {command[0]}: {done.stderr.strip()[:2000]}")
