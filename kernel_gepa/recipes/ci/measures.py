"""The ways to look at two kernels: by the clock, or by counting instructions."""

from __future__ import annotations

from kernel_gepa.domain.comparison import Look, Pair
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import Measurement
from kernel_gepa.domain.verdict import Correct, Verdict
from kernel_gepa.errors import TaskError
from kernel_gepa.harness import counted
from kernel_gepa.harness.driver import Bench
from kernel_gepa.harness.measure import memory_share
from kernel_gepa.recipes.ci.judge import Looks, Measure


def timed(against: str, processes: int) -> Measure:
    """Looks by the clock, each in so many fresh processes of both sides."""

    def measure(bench: Bench, kernel: str, task: Task) -> Looks | Verdict:
        verdict = bench.verify(kernel, task, (against,), processes)
        if not isinstance(verdict, Correct):
            return verdict
        clock = bench.settings.clock
        return {m.workload: looked(m, clock) for m in verdict.measurements}

    return measure


def looked(found: Measurement, clock: str) -> Look:
    """The raw samples of a verification, process by process."""
    sides = {
        side: [s.seconds for s in found.samples if (s.side, s.clock) == (side, clock)]
        for side in ("baseline", "candidate")
    }
    pairs = tuple(Pair(base, head) for base, head in zip(sides["baseline"], sides["candidate"], strict=True))
    crowded = found.conditions is not None and found.conditions.crowded
    return Look(pairs, crowded=crowded, streaming=memory_share(found))


def counts(bench: Bench, kernel: str, task: Task) -> Looks | Verdict:
    """One look by counting: exact, so that one is enough."""
    wrong = bench.sound(kernel, task)
    if wrong is not None:
        return wrong
    head = counted.counted(bench, kernel, task)
    base = counted.counted(bench, task.kernel, task)
    if not isinstance(head, dict):
        return head
    if not isinstance(base, dict):
        raise TaskError(f"the base of {task.id} cannot be counted")
    return {name: Look((Pair(base[name], head[name]),)) for name in head}
