"""Every correct kernel of a run, whatever became of the candidate that it came from: what users want to see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kernel_gepa.domain.evaluation import Evaluation, Rollout
from kernel_gepa.domain.events import Admitted, Event, Passed
from kernel_gepa.domain.task import Task, TaskId
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Correct

NOBODY = "a step that did not end"


@dataclass(frozen=True, slots=True)
class Archived:
    """One correct kernel with its latest measurement. `candidate` is the number of the first admitted one that came
    to it; None when all of them were declined.
    """

    task: TaskId
    kernel: str
    verdict: Correct
    origin: str
    candidate: int | None

    @property
    def speedup(self) -> Estimate:
        return self.verdict.speedup

    def at(self, workload: str) -> Estimate | None:
        return next((m.speedup for m in self.verdict.measurements if m.workload == workload), None)


def archive(
    tasks: Sequence[Task], evaluations: Iterable[Evaluation], history: Sequence[Event]
) -> Mapping[TaskId, Sequence[Archived]]:
    """By task, the fastest first; equal texts are one kernel, and the start is among them."""
    origins = _origins(history)
    found: dict[TaskId, dict[str, Archived]] = {task.id: {} for task in tasks}
    for e in evaluations:
        if isinstance(e.verdict, Correct) and e.task in found:
            source = origins.get((e.task, e.rollout.kernel), _Source(NOBODY))
            origin = _written(source.origin, e.rollout)
            found[e.task][e.rollout.kernel] = Archived(e.task, e.rollout.kernel, e.verdict, origin, source.candidate)
    return {task: sorted(kernels.values(), key=_fastest_first) for task, kernels in found.items()}


def fastest(kernels: Sequence[Archived], workload: str) -> Archived | None:
    """The best point value at one workload."""
    there = [k for k in kernels if k.at(workload) is not None]
    return max(there, key=lambda k: _value(k, workload), default=None)


@dataclass(frozen=True, slots=True)
class _Source:
    origin: str
    candidate: int | None = None


def _origins(history: Sequence[Event]) -> dict[tuple[TaskId, str], _Source]:
    """Who first came to a kernel; the first admitted one, where there is one."""
    found: dict[tuple[TaskId, str], _Source] = {}
    admitted = 0
    for event in history:
        if isinstance(event, Passed):
            continue
        who = admitted if isinstance(event, Admitted) else None
        admitted += isinstance(event, Admitted)
        for e in event.evaluations:
            key = (e.task, e.rollout.kernel)
            if key not in found:
                found[key] = _Source(event.child.origin, who)
            elif found[key].candidate is None and who is not None:
                found[key] = _Source(found[key].origin, who)
    return found


def _written(origin: str, rollout: Rollout) -> str:
    """With the module whose answer the kernel is, where modules wrote it."""
    return f"{origin}, written by {rollout.trajectory[-1].component}" if rollout.trajectory else origin


def _fastest_first(kernel: Archived) -> float:
    return -kernel.speedup.value


def _value(kernel: Archived, workload: str) -> float:
    found = kernel.at(workload)
    return found.value if found else 0.0
