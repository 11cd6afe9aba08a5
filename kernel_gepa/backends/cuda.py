"""CUDA C++ through nvcc: plain kernels behind a C ABI, and modules of KernelBench form that compile theirs inline.

Compiled and disassembled, and not run: running them on a GPU is not written yet. So nobody learns here whether a CUDA
kernel is right, and its verdict says so.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from kernel_gepa.backends.cpu import build_flags
from kernel_gepa.backends.gpu import reading
from kernel_gepa.backends.gpu.targets import SM_80, SM_90, Target
from kernel_gepa.backends.signature import exported
from kernel_gepa.domain.machine_code import MachineCode
from kernel_gepa.domain.signature import Misfit, Parameter, bind
from kernel_gepa.domain.task import Language, Task
from kernel_gepa.domain.verdict import BuildFailed, TimedOut
from kernel_gepa.errors import ToolchainError
from kernel_gepa.ports import Built, Exit, Limits, Mount, Sandbox

MISSING = (
    "no CUDA compiler was found: nvcc is neither on the path nor in /usr/local/cuda; install NVIDIA's toolkit, or its "
    "wheels with `pip install nvidia-cuda-nvcc nvidia-cuda-crt nvidia-nvvm nvidia-cuda-runtime nvidia-cuda-cccl`"
)
NO_DISASSEMBLER = "no nvdisasm was found, so instructions are not counted; Triton's wheel brings one"
PLAIN_TARGETS = (SM_80, SM_90)
INLINE_TARGETS = (SM_90,)  # torch's headers cost up to a minute for each target
FLAGS = ("-std=c++20", "-O3", "-lineinfo", "-Xptxas", "-v")
BUILD_LIMIT_S, INLINE_LIMIT_S = 120.0, 300.0
LIMITS = Limits(memory_bytes=8 << 30, file_bytes=256 << 20)
MOST_DISASSEMBLY = 64 << 20
ALLOWED = re.compile(
    r"-O[0-3]|--?use_fast_math|--?(fmad|ftz|prec-div|prec-sqrt)=(true|false)|--?maxrregcount=\d+|-std=c\+\+\d\d"
)
STREAM = re.compile(r",\s*cudaStream_t\s+\w+\s*(?=\))")
DEFINED = re.compile(r"__global__")
INCLUDED = "#include <torch/types.h>\n#include <cuda.h>\n#include <cuda_runtime.h>\n"  # as load_inline puts in front


class Cuda:
    name = "cuda"
    why_not_run = "no CUDA device is used here, so nobody knows whether it is right"

    @cached_property
    def compiler(self) -> Path:
        return find_nvcc()

    @cached_property
    def disassembler(self) -> Path | None:
        return find_disassembler(self.compiler)

    @cached_property
    def fingerprint(self) -> str:
        said = subprocess.run([self.compiler, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.search(r"release [\d.]+, V([\d.]+)", said)
        return f"nvcc {found[1] if found else 'of unknown version'}; {', '.join(t.name for t in PLAIN_TARGETS)}"

    def build(self, kernel: str, task: Task, *, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut:
        """Leaves machine code and disassembly for each target beside the artifact, for `code`."""
        source = _inline(kernel) if task.language is Language.PYTHON else _plain(kernel)
        if isinstance(source, BuildFailed):
            return source
        for workload in task.workloads if source.parameters else ():
            fits = bind(source.parameters, workload)
            if isinstance(fits, Misfit):
                return BuildFailed(fits.problem)
        (folder / "kernel.cu").write_text(source.text)
        done = self._run(self._script(source), sandbox, folder, source)
        if done is None:
            return TimedOut("build", source.limit_s)
        if done.code:
            return BuildFailed(first_error(done.stderr), done.stderr)
        (folder / "said").write_text(done.stderr)
        (folder / "targets").write_text(" ".join(t.name for t in source.targets))
        remarks = () if self.disassembler else (NO_DISASSEMBLER,)
        return Built(folder / f"{source.targets[-1].name}.cubin", source.entry, source.parameters, remarks)

    def _script(self, source: Source) -> str:
        """One after the other: what fails first is what an author hears of."""
        compiler = f"{self.compiler} {' '.join((*FLAGS, *source.flags))}"
        steps = [f"{compiler} -arch={t.name} -cubin kernel.cu -o {t.name}.cubin" for t in source.targets]
        if source.whole:  # the host's part too
            steps.append(f"{compiler} -arch={source.targets[-1].name} -c -Xcompiler -fPIC kernel.cu -o kernel.o 1>&2")
        if self.disassembler:
            steps += [f"{self.disassembler} -c {t.name}.cubin > {t.name}.sass 2>/dev/null" for t in source.targets]
        return " && ".join(steps)

    def _run(self, script: str, sandbox: Sandbox, folder: Path, source: Source) -> Exit | None:
        environment = {"PATH": os.defpath, "TMPDIR": str(folder), "LC_ALL": "C"}
        job = sandbox.start(
            ["sh", "-c", script], folder=folder, mounts=self._mounts(source), environment=environment, limits=LIMITS
        )
        try:
            return job.wait(source.limit_s)
        finally:
            job.kill()

    def _mounts(self, source: Source) -> tuple[Mount, ...]:
        """What is not part of the system, which every sandbox shows."""
        tools = [self.compiler.parents[1], *([self.disassembler.parent] if self.disassembler else [])]
        outside = [path for path in dict.fromkeys((*tools, *source.headers)) if not path.is_relative_to("/usr")]
        return tuple(Mount(path) for path in outside)

    def code(self, built: Built) -> tuple[MachineCode, ...]:
        """What was left beside the artifact, which the sandbox may have forged: it is shown, and ranks nothing."""
        folder = built.artifact.parent
        said = (folder / "said").read_text()
        found: list[MachineCode] = []
        for target in (t for t in PLAIN_TARGETS if t.name in (folder / "targets").read_text().split()):
            of_target = "\n".join(p for p in re.split(r"(?=Compiling entry function)", said) if f"'{target.name}'" in p)
            per_kernel = _disassembled(folder / f"{target.name}.sass")
            size = (folder / f"{target.name}.cubin").stat().st_size
            for name, resources in reading.ptxas(of_target).items():
                counted = per_kernel.get(name, {})
                found.append(
                    MachineCode(
                        kernel=_readable(name),
                        target=target.name,
                        binary_bytes=size,
                        registers=resources.registers,
                        spill_bytes=resources.spill_bytes,
                        stack_bytes=resources.stack_bytes,
                        shared_bytes=resources.shared_bytes,
                        mix=reading.mix(counted),
                        accesses=reading.accesses(counted),
                    )
                )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Source:
    """What nvcc is given. `whole`: the host's part is compiled too."""

    text: str
    entry: str
    parameters: tuple[Parameter, ...]
    targets: tuple[Target, ...]
    flags: tuple[str, ...] = ()
    headers: tuple[Path, ...] = ()
    limit_s: float = BUILD_LIMIT_S
    whole: bool = True


def _plain(kernel: str) -> Source | BuildFailed:
    if not DEFINED.search(kernel):
        return BuildFailed("the text holds no __global__ function, so there is no CUDA kernel in it")
    signature = exported(STREAM.sub("", kernel))  # a stream is the launcher's business, not the task's
    if isinstance(signature, BuildFailed):
        return signature
    flags = build_flags(kernel, ALLOWED)  # in nvcc's words
    if isinstance(flags, BuildFailed):
        return flags
    return Source(kernel, *signature, PLAIN_TARGETS, flags)


def _inline(kernel: str) -> Source | BuildFailed:
    """The device code of a module that calls load_inline, with the headers that load_inline puts in front of it."""
    try:
        tree = ast.parse(kernel)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return BuildFailed(f"the module does not parse: {error}", str(error))
    if not any(isinstance(node, ast.ClassDef) and node.name == "ModelNew" for node in tree.body):
        return BuildFailed("the module defines no class ModelNew at its top level")
    texts = [(number, text) for number, text in _texts(tree) if DEFINED.search(text)]
    if not texts:
        return BuildFailed("no text of the module holds a __global__ function, so there is no CUDA kernel in it")
    headers = _torch_headers()
    parts = [f'#line {number} "kernel.py"\n{text}' for number, text in texts]  # errors point into the module
    return Source(
        INCLUDED + "\n".join(parts) + "\n",
        "ModelNew",
        (),
        INLINE_TARGETS,
        tuple(f"-I{path}" for path in (*headers, *(h / "torch/csrc/api/include" for h in headers[:1]))),
        headers=headers,
        limit_s=INLINE_LIMIT_S,
        whole=False,
    )


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The strings of a module with their first lines, docstrings apart."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def _torch_headers() -> tuple[Path, ...]:
    """Found without importing torch, which takes a second."""
    found = find_spec("torch")
    if found is None or not found.submodule_search_locations:
        raise ToolchainError("PyTorch is not installed; install it with `pip install torch`")
    return Path(found.submodule_search_locations[0]) / "include", Path(sysconfig.get_paths()["include"])


def first_error(log: str) -> str:
    lines = log.strip().splitlines()
    found = next((line for line in lines if re.search(r"\b(error|fatal)\b", line)), lines[-1] if lines else "")
    return found.strip() or "nvcc failed and said nothing"


def _disassembled(path: Path) -> dict[str, dict[str, int]]:
    """Counted instructions by function."""
    if not path.is_file() or path.is_symlink() or path.stat().st_size > MOST_DISASSEMBLY:
        return {}
    parts = re.split(r"^\.text\.(\w+):$", path.read_text(errors="replace"), flags=re.MULTILINE)
    return {name: reading.opcodes(body) for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def _readable(name: str) -> str:
    """The function's own name out of a mangled one: `_Z10add_kernelPKfPfi`, or nested, the last of several."""
    rest, found = re.sub(r"^_ZN?K?", "", name), ""
    while length := re.match(r"\d+", rest):
        end = length.end() + int(length[0])
        found, rest = rest[length.end() : end], rest[end:]
    return found or name


def find_nvcc() -> Path:
    """On the path, in /usr/local/cuda, or among NVIDIA's wheels. Raises ToolchainError."""
    wheels = sorted(Path(sys.prefix).glob("lib/python3*/site-packages/nvidia/cu*/bin/nvcc"))
    for name in (shutil.which("nvcc"), "/usr/local/cuda/bin/nvcc", *map(str, wheels)):
        if name and os.access(name, os.X_OK):
            return Path(name).resolve() if name.startswith("/usr/") else Path(name)
    raise ToolchainError(MISSING)


def find_disassembler(compiler: Path) -> Path | None:
    """The toolkit's, or the one in Triton's wheel, which reads any machine code."""
    own: Sequence[Path] = (compiler.parent / "nvdisasm",)
    triton = find_spec("triton")
    if triton is not None and triton.submodule_search_locations:
        own = (*own, Path(triton.submodule_search_locations[0]) / "backends/nvidia/bin/nvdisasm")
    return next((path for path in own if os.access(path, os.X_OK)), None)


def create() -> Cuda:
    return Cuda()
