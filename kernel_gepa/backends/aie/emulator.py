"""Builds a kernel for the emulator and runs it, both inside a sandbox; what comes back is bytes and counts.

The trusted side never loads the library: it reads capped files that the sandbox left. The process that holds the kernel
cannot write files, make processes or call the system at all.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kernel_gepa.backends.aie.counting import Counted, with_counters
from kernel_gepa.backends.aie.toolchain import EMULATOR, Toolchain, support
from kernel_gepa.domain.npu import TileBuffer
from kernel_gepa.domain.verdict import BuildFailed, TimedOut
from kernel_gepa.errors import SandboxError
from kernel_gepa.ports import Job, Limits, Mount, Sandbox

BUILD_LIMIT_S, RUN_LIMIT_S = 30.0, 60.0
LIMITS = Limits(memory_bytes=3 << 30, file_bytes=64 << 20)
READ_BYTES = 64 << 20
KERNEL_LIMIT_MS = 2000  # of processor time; the slowest canonical kernel needs some milliseconds
ASSEMBLY_FAILED = 97
RESTRICT = re.compile(r"\b(__)?restrict(__)?\b")
INCLUDES_API = re.compile(r"^\s*#\s*include\s*[<\"]aie_api/aie\.hpp[>\"]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """A kernel, the wrapper that is pasted behind it, and the arguments that the wrapper takes."""

    kernel: str
    wrapper_name: str
    wrapper: str
    arguments: tuple[TileBuffer, ...]

    @property
    def text(self) -> str:
        """Line n of the kernel stays line n: messages point into it."""
        passed = ", ".join(
            f"reinterpret_cast<{a.c_type}>(b[{i}])" if "*" in a.c_type else f"*static_cast<{a.c_type} *>(b[{i}])"
            for i, a in enumerate(self.arguments)
        )
        entry = (
            'extern "C" __attribute__((visibility("default"))) '
            f"void aie_emu_entry(void **b) {{ {self.wrapper_name}({passed}); }}"
        )
        return f"{self.kernel}\n{self.wrapper}\n{entry}\n"


@dataclass(frozen=True, slots=True)
class Case:
    """One run: the bytes of inputs and scalars in the order of the arguments, and what undefined memory holds."""

    inputs: bytes
    poison: int


@dataclass(frozen=True)
class Seen:
    """What one run showed. `end` is "returned" or the word for how it ended; `outputs` as they lie in memory."""

    end: str
    reason: str
    outputs: bytes
    events: tuple[int, int] = (0, 0)
    stores_outside: int = 0
    loads_outside: int = 0
    misaligned: int = 0
    stack_bytes: int = 0
    static_bytes: int = 0
    cycles: int = 0
    vector_cycles: int = 0
    waited: int = 0
    extracted: int = 0
    slots: tuple[int, ...] = (0, 0, 0, 0)
    operations: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    scalar: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Assembled:
    """A kernel as assembly with counters. `uses_restrict`: its loads need not wait for its stores."""

    source: Source
    counted: Counted
    uses_restrict: bool


# By everything that decides the text. A search compiles the scalar kernel of a row for each of its benches.
_ASSEMBLED: dict[tuple[Source, str, Toolchain, str], Assembled] = {}
MOST_REMEMBERED = 64


class Emulator:
    """One device, one sandbox. Keeps its files in `folder`."""

    def __init__(self, toolchain: Toolchain, device: str, sandbox: Sandbox, folder: Path) -> None:
        self.toolchain, self.device, self.sandbox, self.folder = toolchain, device, sandbox, folder

    @cached_property
    def _support(self) -> Any:
        return support(self.toolchain, self.device)

    def build(self, source: Source) -> Assembled | BuildFailed | TimedOut:
        """Compiles to assembly, which the trusted side then gives its counters. What was built before is remembered."""
        key = (source, self.device, self.toolchain, self.sandbox.name)
        if key not in _ASSEMBLED:
            found = self._built(source)
            if not isinstance(found, Assembled):
                return found  # a failure is tried again: memory may have been short
            while len(_ASSEMBLED) >= MOST_REMEMBERED:
                _ASSEMBLED.pop(next(iter(_ASSEMBLED)), None)
            _ASSEMBLED[key] = found
        return _ASSEMBLED[key]

    def _built(self, source: Source) -> Assembled | BuildFailed | TimedOut:
        folder = self._new_folder()
        try:
            (folder / "kernel.cpp").write_text(source.text)
            job = self._start([*self._compile(source), "-S", "kernel.cpp", "-o", "kernel.s"], folder)
            try:
                done = job.wait(BUILD_LIMIT_S)
            finally:
                job.kill()
            if done is None:
                return TimedOut("build", BUILD_LIMIT_S)
            if done.code:
                return BuildFailed(first_error(done.stderr), readable(done.stderr))
            assembly = _read(folder / "kernel.s").decode(errors="replace")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        counted = with_counters(assembly) if self.toolchain.counts else Counted(assembly, ())
        return Assembled(source, counted, bool(RESTRICT.search(source.kernel)))

    def run(self, built: Assembled, cases: Sequence[Case]) -> tuple[Seen, ...] | BuildFailed | TimedOut:
        """Each case in a process of its own, one after the other."""
        folder = self._new_folder()
        try:
            (folder / "kernel.s").write_text(built.counted.assembly)
            (folder / "plan").write_text(self._plan(built, cases))
            for number, case in enumerate(cases):
                (folder / f"inputs.{number}").write_bytes(case.inputs)
            link = f"{self.toolchain.compiler} -shared -nostdlib kernel.s -o kernel.so || exit {ASSEMBLY_FAILED}"
            job = self._start(["sh", "-c", f"{link}; exec {self._support.runner} ./kernel.so plan"], folder)
            try:
                done = job.wait(RUN_LIMIT_S)
            finally:
                job.kill()
            if done is None:
                return TimedOut("check", RUN_LIMIT_S)
            if done.code == ASSEMBLY_FAILED:
                return BuildFailed(first_error(done.stderr), done.stderr)
            if done.code:
                raise SandboxError(f"the AIE emulator did not run: {done.stderr.strip() or done}")
            seen = tuple(self._seen(built, folder, number) for number in range(len(cases)))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        unloadable = next((s for s in seen if s.end == "unloadable"), None)
        if unloadable is not None:
            return BuildFailed(unloadable.reason.rpartition(": ")[2], unloadable.reason)
        return seen

    def _compile(self, source: Source) -> list[str]:
        command = [self.toolchain.compiler, *self.toolchain.flags(self.device)]
        if self._support.precompiled is not None and INCLUDES_API.search(source.kernel):
            command += ["-include-pch", str(self._support.precompiled)]
        return command

    def _plan(self, built: Assembled, cases: Sequence[Case]) -> str:
        lines = [f"aliases {int(not built.uses_restrict)}", f"limit_ms {KERNEL_LIMIT_MS}"]
        lines += [f"buffer {a.role} {a.nbytes} {a.name}" for a in built.source.arguments]
        lines += [f"case {case.poison} inputs.{number}" for number, case in enumerate(cases)]
        return "\n".join([*lines, ""])

    def _start(self, command: list[str], folder: Path) -> Job:
        environment = {"PATH": os.defpath, "TMPDIR": str(folder), "LC_ALL": "C"}
        mounts = [Mount(EMULATOR), Mount(self._support.folder)]
        return self.sandbox.start(command, folder=folder, mounts=mounts, environment=environment, limits=LIMITS)

    def _new_folder(self) -> Path:
        folder = self.folder / secrets.token_hex(8)
        folder.mkdir(parents=True)
        return folder

    def _seen(self, built: Assembled, folder: Path, number: int) -> Seen:
        told: Any = json.loads(_read(folder / f"report.{number}"))
        outputs = _read(folder / f"output.{number}")
        if told["end"] == "house":
            raise SandboxError(f"the AIE emulator could not run a kernel: {told['reason']}")
        if told["end"] == "died":
            return Seen("died", str(told["reason"]), outputs)
        blocks = [int(n) for n in told["blocks"]]
        whole = len(blocks) == len(built.counted.blocks)
        return Seen(
            str(told["end"]),
            str(told["reason"]),
            outputs,
            events=(int(told["events"][0]), int(told["events"][1])),
            stores_outside=int(told["stores_outside"]),
            loads_outside=int(told["loads_outside"]),
            misaligned=int(told["misaligned"]),
            stack_bytes=int(told["stack"]),
            static_bytes=int(told["static"]),
            cycles=int(told["cycles"]),
            vector_cycles=int(told["vector_cycles"]),
            waited=int(told["waited"]),
            extracted=int(told["extracted"]),
            slots=tuple(int(n) for n in told["slots"]),
            operations={str(k): int(v) for k, v in told["operations"].items()},
            notes=tuple(str(n) for n in told["notes"]),
            scalar=built.counted.mix(blocks) if whole else Counter(),
        )


def _read(path: Path) -> bytes:
    """What a sandbox left, if it is a plain file of a sensible size."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:  # noqa: PTH123  a descriptor, no path
        content = file.read(READ_BYTES + 1)
    if len(content) > READ_BYTES:
        raise SandboxError(f"{path.name} of an AIE kernel is larger than {READ_BYTES >> 20} MB")
    return content


def first_error(log: str) -> str:
    """The compiler's first complaint, with the line of the kernel that it points at."""
    for line in log.splitlines():
        if "error:" in line:
            return re.sub(r"^\S*?(kernel\.cpp:\d+):\d+:", r"\1:", line.strip())
    return log.strip().splitlines()[-1] if log.strip() else "the compiler failed and said nothing"


# Where the emulator's own lines are shown they would teach somebody who never sees them on the device.
INTERNAL = re.compile(r"^(?:In file included from .*|\S*aie_api/emulator/\S*: note: .*|\S*\.pch\S*.*)$")


def readable(log: str) -> str:
    """Messages without the emulator's inside: its file names, and quotes of its code."""
    kept: list[str] = []
    skipping = False
    for line in log.splitlines():
        if re.match(r"^\S+:\d+:\d+: ", line) or line.startswith("In file included"):
            skipping = bool(INTERNAL.match(line)) and "candidate" not in line and "because" not in line
        if skipping:
            continue
        if "aie_api/emulator/" in line:
            kept.append(re.sub(r"\S*aie_api/emulator/(\w+\.hpp):\d+:\d+", r"<aie_api>", line))
            skipping = True  # not the quoted code below it
            continue
        kept.append(line)
    return "\n".join(kept)
