"""Two compilers, or two sets of flags, for the same kernels: did this change make them slower or wrong?"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.backends.cpu import Cpu, Toolchain
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import BuildFailed, TimedOut
from kernel_gepa.errors import ToolchainError, UsageError
from kernel_gepa.ports import Backend, Built, Sandbox
from kernel_gepa.recipes.ci.match import MARK
from kernel_gepa.recipes.plugins import remembering
from kernel_gepa.report.ci.record import Side


@dataclass(frozen=True, slots=True)
class NamedToolchain:
    name: str
    toolchain: Toolchain

    @property
    def side(self) -> Side:
        version = Cpu(toolchain=self.toolchain).fingerprint.split(";")[0]
        return Side(self.name, " ".join([version, *self.toolchain.flags]))


def toolchains(words: Sequence[str], extra: tuple[str, ...] = ()) -> tuple[NamedToolchain, NamedToolchain]:
    """Base and head, from `NAME=COMPILER FLAGS`. Raises UsageError."""
    if len(words) != 2:
        raise UsageError("--toolchain compares two: give it twice, the base first, as NAME=COMPILER or 'NAME=CXX -O2'")
    found = [_toolchain(word, extra) for word in words]
    if found[0].name == found[1].name:
        raise UsageError(f"both toolchains are called {found[0].name}; give them different names")
    return found[0], found[1]


def _toolchain(word: str, extra: tuple[str, ...]) -> NamedToolchain:
    name, equals, command = word.partition("=")
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--toolchain {word}: {error}") from None
    if not equals or not name or not words:
        raise UsageError(f"--toolchain {word!r} is not NAME=COMPILER, or 'NAME=COMPILER FLAGS'")
    compiler = shutil.which(words[0])
    if compiler is None:
        raise ToolchainError(f"the toolchain {name} has no compiler: {words[0]} is not there, or not a program")
    return NamedToolchain(name, Toolchain(str(Path(compiler).absolute()), (*words[1:], *extra)))


class Sides:
    """A backend that builds the base's kernel, which is marked, with one compiler and all else with another."""

    name = "cpu"

    def __init__(self, base: Backend, head: Backend) -> None:
        self._base, self._head = base, head

    @property
    def fingerprint(self) -> str:
        return f"{self._head.fingerprint}; against {self._base.fingerprint}"

    def build(self, kernel: str, task: Task, *, sandbox: Sandbox, folder: Path) -> Built | BuildFailed | TimedOut:
        side = self._base if kernel.endswith(MARK) else self._head
        return side.build(kernel, task, sandbox=sandbox, folder=folder)


def sides_of(words: Sequence[str], extra: tuple[str, ...] = ()) -> Backend:
    base, head = (remembering(Cpu(toolchain=found.toolchain)) for found in toolchains(words, extra))
    return Sides(base, head)
