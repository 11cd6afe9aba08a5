"""Triton: modules in KernelBench form whose ModelNew launches `@triton.jit` kernels. Judged without a GPU.

Here a kernel is only looked at: harness/static.py compiles what it launches and lets Triton's interpreter run it on the
CPU, both in the sandbox. Timing it on a GPU is not written yet, so every verdict is static, wherever this runs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kernel_gepa.backends.gpu import driverless, reading
from kernel_gepa.backends.gpu.reading import Resources
from kernel_gepa.backends.gpu.targets import TARGETS, Target
from kernel_gepa.domain.machine_code import MachineCode
from kernel_gepa.domain.task import Form, Task
from kernel_gepa.domain.verdict import BuildFailed, TimedOut
from kernel_gepa.errors import TaskError, ToolchainError
from kernel_gepa.ports import Built, Sandbox

HOST = Path(driverless.__file__)  # what lies beside a candidate
MISSING = "Triton is not installed; install it with `pip install 'kernel-gepa[triton]'`"
LEAST = (3, 2)
JIT = re.compile(r"(triton\.)?(jit|heuristics|autotune)")
# What a candidate's process tells is kept within these: it may be forged.
MOST_TOLD, MOST_OPCODES, MOST_TEXT = 512, 4096, 1 << 16


class Triton:
    name = "triton"

    def __init__(self, targets: Sequence[Target] = tuple(TARGETS.values())) -> None:
        self.targets = tuple(targets)

    @cached_property
    def fingerprint(self) -> str:
        return f"Triton {installed()}; {', '.join(t.name for t in self.targets)}"

    def build(self, kernel: str, task: Task, *, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut:  # noqa: ARG002
        """Nothing is compiled yet: that needs the shapes of a launch."""
        if task.form is not Form.KERNELBENCH:
            raise TaskError(
                f"{task.id} is no Python module, and the backend triton takes modules with a class ModelNew"
            )
        try:
            tree = ast.parse(kernel)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return BuildFailed(f"the module does not parse: {error}", f"kernel.py:{_line(error)}: error: {error}")
        if not any(isinstance(node, ast.ClassDef) and node.name == "ModelNew" for node in tree.body):
            return BuildFailed("the module defines no class ModelNew at its top level")
        if not is_start(kernel, task) and not any(map(_is_kernel, ast.walk(tree))):
            return BuildFailed("the module holds no function with @triton.jit, so there is no Triton kernel in it")
        path = folder / "kernel.py"
        path.write_text(kernel)
        return Built(path, "ModelNew")

    def code(self, told: Any, workload: str) -> tuple[MachineCode, ...]:
        """From what the candidate's process says was compiled. Raises ValueError for what no honest one says."""
        if not isinstance(told, list) or len(told) > MOST_TOLD:
            raise ValueError("what was compiled is no list, or too long")
        return tuple(self._one(entry, workload) for entry in told)

    def _one(self, entry: Any, workload: str) -> MachineCode:
        try:
            target = TARGETS[str(entry["target"])]
            options, constants = dict(entry["options"]), dict(entry["constants"])
            warps = int(options.get("num_warps", 1))
            counted = {str(k)[:64]: int(v) for k, v in list(entry["opcodes"].items())[:MOST_OPCODES]}
            resources = _resources(target, str(entry["resources"])[:MOST_TEXT], counted)
            shared = int(entry["shared_bytes"])
            return MachineCode(
                kernel=_word(entry["kernel"]),
                target=target.name,
                workload=workload,
                grid=tuple(int(n) for n in entry["grid"][:3]),
                settings=_settings({**constants, **options}),
                binary_bytes=int(entry["binary_bytes"]),
                registers=resources.registers,
                spill_bytes=resources.spill_bytes,
                stack_bytes=resources.stack_bytes,
                shared_bytes=shared,
                occupancy=target.occupancy(registers=resources.registers, shared_bytes=shared, warps=warps)
                if resources.registers is not None
                else None,
                mix=reading.mix(counted),
                accesses=reading.accesses(counted),
            )
        except (KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
            raise ValueError(f"what was compiled is told in another form: {error!r}") from error


def _resources(target: Target, said: str, counted: Mapping[str, int]) -> Resources:
    if target.backend == "hip":
        return reading.amd(said)
    return reading.usage(said, spills=any(name.startswith(("STL", "LDL")) for name in counted))


def _settings(found: Mapping[str, Any]) -> str:
    told = {name: value for name, value in found.items() if (name, value) != ("num_ctas", 1)}  # hardly ever another
    return ", ".join(f"{_word(name)}={_word(value)}" for name, value in told.items())[:200]


def _word(value: object) -> str:
    return re.sub(r"[^\w.+-]", "", str(value))[:60]


def _line(error: Exception) -> int:
    return getattr(error, "lineno", None) or 1


def _is_kernel(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        JIT.fullmatch(ast.unparse(d.func if isinstance(d, ast.Call) else d)) for d in node.decorator_list
    )


def is_start(kernel: str, task: Task) -> bool:
    """A copy of the reference, which launches nothing of its own and is a place to begin."""
    return task.start_is_reference and kernel.strip() == task.kernel.strip()


def installed() -> str:
    """Triton's version. Raises ToolchainError."""
    try:
        found = version("triton")
    except PackageNotFoundError:
        raise ToolchainError(MISSING) from None
    if tuple(int(n) for n in re.findall(r"\d+", found)[:2]) < LEAST:
        raise ToolchainError(f"Triton {found} is too old; install {'.'.join(map(str, LEAST))} or later")
    return found


def create() -> Triton:
    return Triton()
