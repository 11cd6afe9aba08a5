"""The benches of kernels for GPUs where none is used: screen, build, compile for named targets, check where anything
can run them, and look at the machine code. Nothing is timed: the verdict on a kernel that gets through is `Static`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from kernel_gepa.backends.cuda import Cuda
from kernel_gepa.backends.gpu.remarks import remarks
from kernel_gepa.backends.triton import HOST, Triton, is_start
from kernel_gepa.domain.machine_code import MachineCode
from kernel_gepa.domain.task import Task, Workload
from kernel_gepa.domain.verdict import BuildFailed, Crashed, Static, Verdict
from kernel_gepa.harness.arena import Arena, of_workload
from kernel_gepa.harness.blame import Settled, blaming
from kernel_gepa.harness.connection import Connection, WorkerRefused
from kernel_gepa.harness.drawn import LEAST_DRAWS, inputs_for
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.harness.lease import free
from kernel_gepa.harness.reference import python_binding
from kernel_gepa.harness.station import ROOM_LIMIT_S
from kernel_gepa.harness.trial import Trial
from kernel_gepa.ports import Built, Sandbox

COMPILE_LIMIT_S = 120.0  # of one launch for one target: all configurations of an autotuner are compiled in it
LOOK_LIMIT_S = 240.0
DOES_NOT_COMPILE = "DoesNotCompile: "
INTERPRETED = "found right by Triton's interpreter on the CPU, and compiled for {targets}"
STARTS_FROM_REFERENCE = "the reference, to start from; it launches no Triton kernel"


class StaticBench(Bench):
    """`Judge`, as the timed one is. What is judged once more is judged on new inputs; there is nothing to time."""

    def verify(self, kernel: str, task: Task, against: tuple[str, ...], processes: int) -> Verdict:  # noqa: ARG002
        return self.judge(kernel, task)

    def sound(self, kernel: str, task: Task) -> Verdict | None:
        """None when something could run it and found it right."""
        found = self.judge(kernel, task)
        return None if isinstance(found, Static) and found.passed else found


class TritonBench(StaticBench):
    """Compiles in one process and interprets in another: Triton decides when it is imported which of both it does."""

    def __init__(
        self,
        backend: Triton,
        sandbox: Sandbox,
        settings: Settings | None = None,
        *,
        charge: Callable[[float], None] = free,
    ) -> None:
        super().__init__(backend, sandbox, settings, charge=charge)
        self._triton = backend

    def _judged(self, kernel: str, task: Task) -> Verdict:
        tags = self._screened(kernel, task)
        built = self.built(kernel, task)
        with self._judging:
            code = () if is_start(kernel, task) else self._compiled(built, task)
            with self._hosted(built, task, "interpret") as candidate:
                Trial(candidate, built, task, self.reference(task), self.settings.rules).check()
        names = ", ".join(dict.fromkeys(c.target for c in code))
        why = INTERPRETED.format(targets=names) if code else STARTS_FROM_REFERENCE
        return Static(why, code, tuple(w.name for w in task.workloads), remarks(code), tags)

    def _hosted(self, built: Built, task: Task, mode: str) -> AbstractContextManager[Connection]:
        """A worker that has Triton without a device around its kernel."""
        prelude = {"file": HOST.name, "mode": mode, "targets": [t.told for t in self._triton.targets]}
        return self._candidate(built, task, files=(HOST,), prelude=prelude)

    def _compiled(self, built: Built, task: Task) -> tuple[MachineCode, ...]:
        """Every workload is launched once for every target, by the candidate's own host code."""
        code: list[MachineCode] = []
        with self._hosted(built, task, "compile") as candidate:
            seen = 0
            for workload in task.workloads:
                with blaming(candidate, "build", workload.name):
                    self._launch(candidate, task, workload)
                    told = candidate.ask(LOOK_LIMIT_S, do="prelude", asked={"after": seen})
                code += self._read(told, workload)
                if not code:
                    raise Settled(BuildFailed(f"ModelNew launches no Triton kernel on workload {workload.name}"))
                seen = int(told["all"])
        return tuple(code)

    def _launch(self, candidate: Connection, task: Task, workload: Workload) -> None:
        arena = Arena(of_workload(workload), 1)
        inputs = inputs_for(task, workload, self.reference(task), np.random.default_rng(), LEAST_DRAWS)
        try:
            inputs.fill(arena, 0)
            candidate.ask(ROOM_LIMIT_S, do="map", arena=arena)
            candidate.ask(ROOM_LIMIT_S, do="bind", slots=1, **python_binding(workload, arena))
            for number in range(len(self._triton.targets)):
                candidate.ask(ROOM_LIMIT_S, do="prelude", asked={"aim": number})
                candidate.ask(COMPILE_LIMIT_S, do="run", first=0, count=1)
        except WorkerRefused as error:
            if not error.text.startswith(DOES_NOT_COMPILE):
                raise
            said = error.text.removeprefix(DOES_NOT_COMPILE)
            raise Settled(BuildFailed((said.splitlines() or ["it does not compile"])[0], said)) from None
        finally:
            inputs.close()
            arena.close()

    def _read(self, told: Mapping[str, Any], workload: Workload) -> tuple[MachineCode, ...]:
        try:
            int(told["all"])
            return self._triton.code(told["compiled"], workload.name)
        except (KeyError, TypeError, ValueError) as error:
            raise Settled(Crashed(f"its process tells nonsense of what was compiled: {error}", workload.name)) from None


class CudaBench(StaticBench):
    """Compiles and disassembles. Nothing here can run a CUDA kernel, so nobody knows whether it is right."""

    def __init__(
        self,
        backend: Cuda,
        sandbox: Sandbox,
        settings: Settings | None = None,
        *,
        charge: Callable[[float], None] = free,
    ) -> None:
        super().__init__(backend, sandbox, settings, charge=charge)
        self._cuda = backend

    def _judged(self, kernel: str, task: Task) -> Verdict:
        tags = self._screened(kernel, task)
        built = self.built(kernel, task)
        code = self._cuda.code(built)
        targets = ", ".join(dict.fromkeys(c.target for c in code))
        why = f"compiled for {targets}, and not run: {self._cuda.why_not_run}"
        return Static(why, code, (), (*built.remarks, *remarks(code)), tags)
