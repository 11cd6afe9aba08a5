"""The bench for AIE kernels: screen, build, run on given and on fresh inputs, check by both rules, estimate cycles.

Nothing is timed: speedups are ratios of estimated cycles, and say so. The expected outputs never enter the sandbox
that runs the kernel. Fresh inputs are drawn for every bench; what is right on them is what the task's own scalar
kernel makes of them, within twice the tolerance, as that kernel is allowed the tolerance once itself.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import numpy as np

from kernel_gepa.backends.aie.emulator import KERNEL_LIMIT_MS, Assembled, Case, Emulator, Seen, Source
from kernel_gepa.backends.aie.estimate import estimate
from kernel_gepa.backends.aie.faults import ended, faults, unsettled
from kernel_gepa.backends.aie.screen import screen
from kernel_gepa.backends.aie.toolchain import Toolchain, find_toolchain
from kernel_gepa.benchmarks.npueval.draws import DRAWS, draw
from kernel_gepa.benchmarks.npueval.rows import Row, Values, row_of, unpack
from kernel_gepa.benchmarks.npueval.verdicts import Allowed, constant_answer, official, official_stats, strict
from kernel_gepa.domain.npu import CycleEstimate, Fault
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import Estimate, Measurement
from kernel_gepa.domain.verdict import (
    Correct,
    Crashed,
    Incorrect,
    Mismatch,
    Rejected,
    TimedOut,
    Verdict,
    reason,
)
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.driver import scratch_folder
from kernel_gepa.ports import Sandbox

PROTOCOL = "aie 1"  # raise it when a change makes old verdicts incomparable
POISONS = (0xA5, 0x3C)
GIVEN = "given inputs"
ESTIMATED = "estimated by the AIE emulator, not measured"
# Estimates are told in cycles. Where a record wants seconds they are cycles of a clock of 1 GHz.
CYCLES_PER_SECOND = 1e9


@dataclass(frozen=True)
class Fresh:
    """Inputs that were drawn, and what the canonical kernel makes of them."""

    name: str
    row: Row
    expected: Values


@dataclass(frozen=True)
class Assessment:
    """Both verdicts on one kernel. `official` is None where it was never run. `stats` are NPUEval's figures.

    A right one gets its measurements from `assess`.
    """

    verdict: Verdict
    official: bool | None = None
    stats: dict[str, Any] | None = None
    estimate: CycleEstimate | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def strict(self) -> bool:
        return isinstance(self.verdict, Correct)


def fingerprint(toolchain: Toolchain, sandbox: Sandbox, device: str) -> str:
    """What decides a verdict beside the kernel and its task."""
    return hashlib.sha256("\n".join((PROTOCOL, toolchain.fingerprint, sandbox.name, device)).encode()).hexdigest()[:16]


class NpuBench:
    """`Judge` for the rows of NPUEval. A context manager: it holds a scratch folder."""

    def __init__(self, sandbox: Sandbox, *, device: str = "npu1", toolchain: Toolchain | None = None) -> None:
        self.toolchain = toolchain or find_toolchain()
        self.sandbox, self.device = sandbox, device
        self.folder = scratch_folder()
        self._emulator = Emulator(self.toolchain, device, sandbox, self.folder)
        self._rng = np.random.default_rng(secrets.randbits(128))
        self._rows: dict[str, _Ready] = {}
        self._baselines: dict[tuple[str, str], CycleEstimate] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.toolchain, self.sandbox, self.device)

    def judge(self, kernel: str, task: Task) -> Verdict:
        return self.assess(kernel, task).verdict

    def sound(self, kernel: str, task: Task) -> Verdict | None:
        """None when the kernel is right by the strict rule; the verdict otherwise."""
        found = self._checked(kernel, self._ready(task))
        return found.verdict if not found.strict else None

    def verify(self, kernel: str, task: Task, against: tuple[str, ...], processes: int) -> Verdict:  # noqa: ARG002
        """Judges once more, on inputs that nobody has seen. Estimates do not vary, so once is enough."""
        self._rows.pop(task.fingerprint, None)
        return self.judge(kernel, task)

    def assess(self, kernel: str, task: Task) -> Assessment:
        """Both verdicts, with the estimate against the task's own start kernel."""
        found = self._checked(kernel, self._ready(task))
        if found.estimate is None or not found.strict:
            return found
        base = self._baseline(task, found.estimate if kernel == task.kernel else None)
        measurement = Measurement(
            workload=GIVEN,
            baseline="start",
            speedup=Estimate.exact(base.cycles / found.estimate.cycles),
            candidate_s=found.estimate.cycles / CYCLES_PER_SECOND,
            baseline_s=base.cycles / CYCLES_PER_SECOND,
            samples=(),
            notes=(ESTIMATED,),
            cycles=found.estimate,
        )
        verdict = Correct((measurement,), profile=found.estimate.reasons)
        return Assessment(verdict, found.official, found.stats, found.estimate, found.faults)

    def _baseline(self, task: Task, known: CycleEstimate | None) -> CycleEstimate:
        key = (task.fingerprint, task.kernel)
        if key not in self._baselines:
            found = known or self._right_estimate(task)
            self._baselines[key] = found
        return self._baselines[key]

    def _right_estimate(self, task: Task) -> CycleEstimate:
        """Of the start kernel; where that is wrong, of the scalar kernel that defines the task."""
        ready = self._ready(task)
        for kernel in (task.kernel, ready.row.canonical):
            found = self._checked(kernel, ready)
            if found.strict and found.estimate is not None:
                return found.estimate
        raise TaskError(f"the scalar kernel of {task.id} is wrong on the emulator: {reason(found.verdict)}")

    def _ready(self, task: Task) -> _Ready:
        if task.fingerprint not in self._rows:
            self._rows[task.fingerprint] = _Ready(row_of(task.reference, task.id), self._emulator, self._rng)
        return self._rows[task.fingerprint]

    def _checked(self, kernel: str, ready: _Ready) -> Assessment:
        row = ready.row
        rejected = screen(kernel, row.program_code)
        if rejected is not None:
            return Assessment(rejected)
        built = self._emulator.build(source_of(row, kernel))
        if not isinstance(built, Assembled):
            return Assessment(built, official=False)
        fresh = ready.fresh
        given = [Case(packed(row), poison) for poison in POISONS]
        seen = self._emulator.run(built, [*given, *(Case(packed(f.row), POISONS[0]) for f in fresh)])
        if not isinstance(seen, tuple):
            return Assessment(seen, official=False)
        return _judged(row, seen, fresh)


class _Ready:
    """A row with fresh inputs, made at the first use."""

    def __init__(self, row: Row, emulator: Emulator, rng: np.random.Generator) -> None:
        self.row, self._emulator, self._rng = row, emulator, rng

    @cached_property
    def fresh(self) -> tuple[Fresh, ...]:
        """Those draws on which the canonical kernel gives finite answers, and not one answer for all."""
        built = self._emulator.build(source_of(self.row, self.row.canonical))
        if not isinstance(built, Assembled):
            raise TaskError(f"the canonical kernel of {self.row.kernel_name} does not build: {reason(built)}")
        rows = [draw(self.row, kind, self._rng) for kind in DRAWS]
        seen = self._emulator.run(built, [Case(packed(row), POISONS[0]) for row in rows])
        if not isinstance(seen, tuple):
            raise TaskError(f"the canonical kernel of {self.row.kernel_name} does not run: {reason(seen)}")
        found = []
        for kind, row, one in zip(DRAWS, rows, seen, strict=True):
            if one.end == "returned" and np.isfinite(expected := written(row, one)).all():
                found.append(Fresh(f"fresh inputs ({kind})", row, expected))
        if not found:
            raise TaskError(
                f"no fresh inputs could be drawn for {self.row.kernel_name}: its own kernel fails on all of them"
            )
        return tuple(found)

    @property
    def constant(self) -> bool:
        """Whether a constant would pass for a kernel, on all that is known."""
        (output,) = self.row.outputs
        return constant_answer([output.values.reshape(-1), *(f.expected.reshape(-1) for f in self.fresh)])


def source_of(row: Row, kernel: str) -> Source:
    return Source(kernel, row.wrapper, row.program_code, tuple(a.buffer for a in row.arguments))


def packed(row: Row) -> bytes:
    """Inputs and scalars in the order of the arguments."""
    return b"".join(a.packed for a in row.arguments if a.buffer.role != "output")


def written(row: Row, seen: Seen) -> Values:
    (output,) = row.outputs
    return unpack(seen.outputs, output.buffer.dtype, output.values.shape)


def _judged(row: Row, seen: Sequence[Seen], fresh: Sequence[Fresh]) -> Assessment:
    names = [GIVEN, GIVEN, *(f.name for f in fresh)]
    for name, one in zip(names, seen, strict=True):
        if one.end == "endless":
            return Assessment(TimedOut("check", KERNEL_LIMIT_MS / 1000, name), official=False)
        fault = ended(one)
        if fault is not None:
            return Assessment(Crashed(f"{fault.kind}: {fault.what}", name), official=False, faults=(fault,))
    (output,) = row.outputs
    allowed = Allowed(row.atol, row.rtol, exact=row.exact)
    answer = written(row, seen[0])
    passed = official(answer, output.values, atol=row.atol, rtol=row.rtol)
    stats = official_stats(answer, output.values)
    found = tuple(dict.fromkeys(f for one in seen for f in faults(one, [a.buffer for a in row.arguments])))
    forged = next((f for f in found if f.kind == "events"), None)
    cycles = estimate(seen[0])
    if forged is not None:
        return Assessment(Rejected(f"{forged.kind}: {forged.what}"), passed, stats, cycles, found)
    found += tuple(unsettled(seen[0], seen[1], POISONS, output.buffer))
    mismatches = [Mismatch(GIVEN, f"{f.kind}: {f.what}") for f in found]
    right = []
    checks = [(GIVEN, answer, output.values, allowed)]
    checks += [
        (f.name, written(f.row, one), f.expected, allowed.twice()) for f, one in zip(fresh, seen[2:], strict=True)
    ]
    for name, got, wanted, rule in checks:
        judged = strict(got, wanted, rule)
        if judged.right:
            right.append(name)
        else:
            mismatches.append(Mismatch(name, judged.what, judged.details, judged.wrong_share))
    if mismatches:
        return Assessment(Incorrect(tuple(mismatches), () if found else tuple(right)), passed, stats, cycles, found)
    return Assessment(Correct(()), passed, stats, cycles)
