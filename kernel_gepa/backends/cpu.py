"""The CPU: C and C++ kernels through the system's compiler, and KernelBench-form modules through torch."""

from __future__ import annotations

import ast
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from kernel_gepa.backends.signature import exported
from kernel_gepa.domain.dialect import is_c, is_cuda, suffix
from kernel_gepa.domain.headers import LIGHTER, heavy
from kernel_gepa.domain.task import Language, Task
from kernel_gepa.domain.verdict import BuildFailed, TimedOut
from kernel_gepa.errors import ToolchainError
from kernel_gepa.ports import Built, Limits, Mount, Sandbox

BASE_FLAGS = ("-O3", "-march=native", "-fopenmp", "-shared", "-fPIC")
# gnu: strict C hides half of the mathematical functions.
STANDARDS = {".c": ("-x", "c", "-std=gnu17"), ".cpp": ("-std=c++20",)}

# A plain kernel compiles in 0.2 s and a template-heavy one in 10 s; what needs a minute is a compile bomb.
BUILD_LIMIT_S = 60.0
BUILD_LIMITS = Limits(memory_bytes=4 << 30, file_bytes=256 << 20)

# What a kernel may ask for in `// build:`. Flags that read files, load plug-ins or run programs are not here.
ALLOWED = re.compile(
    r"-O[0-3gs]|-Ofast|-ffast-math|-march=[\w.+-]+|-mtune=[\w.+-]+|-mprefer-vector-width=\d+|-m(no-)?(avx|fma|sse)[\w.-]*"
    r"|-f(no-)?(unroll-loops|unroll-all-loops|peel-loops|tree-vectorize|math-errno|trapping-math|signed-zeros"
    r"|associative-math|reciprocal-math|finite-math-only|unsafe-math-optimizations|rounding-math|omit-frame-pointer"
    r"|strict-aliasing|ipa-pta|loop-nest-optimize|tree-loop-distribution|split-loops|inline-functions|prefetch-loop-arrays"
    r"|vect-cost-model|modulo-sched|tree-slp-vectorize|exceptions|rtti)"
    r"|-fvect-cost-model=\w+|-ffp-contract=\w+|-fopenmp(-simd)?|-std=[\w+]+|-funroll-loops"
)
BUILD_LINE = re.compile(r"^\s*//\s*build:(?P<flags>.*?)(//.*)?$")

# The compiler says one line per loop and reason; the loop and the first reason are what a reader can use.
REMARK = re.compile(r"^kernel\.c(?:pp)?:(?P<line>\d+):\d+: (?P<kind>missed|optimized): *(?P<what>.+)$")
TELLING = ("couldn't vectorize loop", "not vectorized", "loop vectorized using")
MOST_REMARKS = 12


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One compiler, for C++ and for C, by its path; `flags` come last and so count for most. Without a compiler the
    usual ones, with those flags.
    """

    compiler: str | None = None
    flags: tuple[str, ...] = ()

    def compiling(self, kernel: str) -> list[str]:
        """The compiler for this text, with what it is always told."""
        if self.compiler is None:
            return compiling(kernel)
        return [self.compiler, *STANDARDS[suffix(kernel)], *BASE_FLAGS]

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """What a sandbox has to show beside the system: the folder that a compiler elsewhere is installed in.

        Raises ToolchainError where that would show what nobody meant to.
        """
        if self.compiler is None:
            return ()
        place = Path(self.compiler).resolve().parent
        place = place.parent if place.name == "bin" else place
        if place.is_relative_to("/usr"):
            return ()
        if Path.home().is_relative_to(place):
            raise ToolchainError(f"{self.compiler} lies in {place}, which no sandbox may see; install it apart")
        return (Mount(place),)


class Cpu:
    name = "cpu"

    def __init__(self, build_limit_s: float = BUILD_LIMIT_S, *, toolchain: Toolchain | None = None) -> None:
        self._build_limit_s = build_limit_s
        self._toolchain = toolchain or Toolchain()

    @cached_property
    def compiler(self) -> str:
        return self._toolchain.compiler or find_compiler()

    @cached_property
    def fingerprint(self) -> str:
        for_c = self._toolchain.compiler or c_compiler()
        compilers = dict.fromkeys([self.compiler, for_c or self.compiler])
        flags = " ".join([*STANDARDS[".cpp"], *STANDARDS[".c"], *BASE_FLAGS, *self._toolchain.flags])
        return f"{'; '.join(map(_version, compilers))}; {processor()}; {flags}"

    def build(self, kernel: str, task: Task, *, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut:
        if task.language is Language.PYTHON:
            return _build_python(kernel, folder)
        return self._build_native(kernel, sandbox, folder)

    def _build_native(self, kernel: str, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut:
        if is_cuda(kernel):
            return BuildFailed("the text is CUDA, which runs on no CPU; name its backend: --backend cuda")
        signature = exported(kernel)
        if isinstance(signature, BuildFailed):
            return signature
        flags = build_flags(kernel)
        if isinstance(flags, BuildFailed):
            return flags
        source = folder / f"kernel{suffix(kernel)}"
        source.write_text(kernel)
        command = [*self._toolchain.compiling(kernel), *flags, *self._toolchain.flags]
        command += [source.name, "-o", "kernel.so", "-lm"]
        if _is_gcc(command[0]):
            command += ["-fopt-info-vec-optimized-missed=remarks.txt"]
        environment = {"PATH": os.defpath, "TMPDIR": str(folder), "LC_ALL": "C"}
        job = sandbox.start(
            command, folder=folder, mounts=self._toolchain.mounts, environment=environment, limits=BUILD_LIMITS
        )
        try:
            done = job.wait(self._build_limit_s)
        finally:
            job.kill()
        if done is None:
            return TimedOut("build", self._build_limit_s)
        if done.code:
            return BuildFailed(first_error(done.stderr), done.stderr)
        entry, parameters = signature
        return Built(folder / "kernel.so", entry, parameters, remarks(folder / "remarks.txt", kernel))


def _build_python(kernel: str, folder: Path) -> Built | BuildFailed:
    try:
        tree = ast.parse(kernel)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return BuildFailed(f"the module does not parse: {error}", str(error))
    if not any(isinstance(node, ast.ClassDef) and node.name == "ModelNew" for node in tree.body):
        return BuildFailed("the module defines no class ModelNew at its top level")
    path = folder / "kernel.py"
    path.write_text(kernel)
    return Built(path, "ModelNew", remarks=(LIGHTER.replace("\n", " "),) if heavy(kernel) else ())


def build_flags(kernel: str, allowed: re.Pattern[str] = ALLOWED) -> tuple[str, ...] | BuildFailed:
    """The flags of the `// build:` line, which stands before the first line of code."""
    for line in kernel.splitlines():
        found = BUILD_LINE.match(line)
        if found:
            flags = tuple(found["flags"].split())
            refused = [f for f in flags if not allowed.fullmatch(f)]
            if refused:
                return BuildFailed(f"the build line asks for {' '.join(refused)}, which a kernel may not choose")
            return flags
        if line.strip() and not line.lstrip().startswith("//"):
            break
    return ()


def first_error(log: str) -> str:
    for line in log.splitlines():
        if re.search(r"(error|undefined reference|undefined symbol)", line):
            return line.strip()
    return log.strip().splitlines()[-1] if log.strip() else "the compiler failed and said nothing"


def remarks(path: Path, kernel: str) -> tuple[str, ...]:
    """What the vectoriser said about each loop of the kernel, with the line it speaks of."""
    if not path.exists():
        return ()
    source, found = kernel.splitlines(), dict[int, str]()
    with path.open(errors="replace") as lines:
        for line in lines:
            remark = REMARK.match(line)
            if remark and any(t in remark["what"] for t in TELLING):
                number = int(remark["line"])
                if number not in found or remark["kind"] == "optimized":
                    found[number] = remark["what"].strip()
    return tuple(
        f"line {number} `{source[number - 1].strip()}`: {what}" for number, what in sorted(found.items())[:MOST_REMARKS]
    )


@cache
def find_compiler() -> str:
    """The user's CXX, or the first of the usual names."""
    for name in (os.environ.get("CXX", ""), "g++", "clang++", "c++"):
        found = shutil.which(name) if name else None
        if found:
            return found
    raise ToolchainError(
        "no C++ compiler was found (g++, clang++); install one, for example with "
        "`apt-get install g++`, `dnf install gcc-c++` or `xcode-select --install`"
    )


@cache
def c_compiler() -> str | None:
    """The user's CC, or the first of the usual names. Without one, the compiler for C++ is told that a text is C."""
    for name in (os.environ.get("CC", ""), "gcc", "clang", "cc"):
        found = shutil.which(name) if name else None
        if found:
            return found
    return None


def compiling(kernel: str) -> list[str]:
    """The compiler for this text, with what it is always told."""
    compiler = (c_compiler() if is_c(kernel) else None) or find_compiler()
    return [compiler, *STANDARDS[suffix(kernel)], *BASE_FLAGS]


@cache
def _version(compiler: str) -> str:
    said = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    return said.splitlines()[0] if said else compiler


@cache
def _is_gcc(compiler: str) -> bool:
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    return "Free Software Foundation" in version


@cache
def processor() -> str:
    """The processor's name as the system knows it: part of what a measurement is valid for."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def create() -> Cpu:
    return Cpu()
