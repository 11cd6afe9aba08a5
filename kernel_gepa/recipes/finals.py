"""Which kernels are worth a second measurement, and what it says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import EAGER
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.recipes.benches import Benches
from kernel_gepa.recipes.reading import Read, Verification
from kernel_gepa.report.archive import Archived

FINALISTS = 3
FINALIST_PROCESSES = 3


def contenders(archived: Sequence[Archived], task: Task) -> list[Archived]:
    """The correct kernels that the best one is not measurably better than, the most promising first."""
    found = [kernel for kernel in archived if kernel.kernel != task.kernel]
    bar = max((_low(kernel) for kernel in found), default=0.0)
    return [kernel for kernel in found if kernel.speedup.high >= bar][:FINALISTS]


def _low(kernel: Archived) -> float:
    """What is inconclusive may be measured again, and keeps nobody out."""
    return 0.0 if kernel.verdict.inconclusive else kernel.speedup.low


def verified(
    benches: Benches,
    task: Task,
    finalists: Sequence[Archived],
    *,
    against: str,
    also: Sequence[str] = (),
    processes: int,
    say: Callable[[str], None],
) -> Verification:
    """The best of some finalists, in fresh processes; its figure is measured after it was chosen. `also` are baselines
    beside the one that decides and eager PyTorch.
    """
    best, most = finalists[0], 0.0
    few = min(FINALIST_PROCESSES, processes)
    for contender in finalists if len(finalists) > 1 else ():
        say(f"finalist of {task.id}, by {contender.origin}: measured in {few} fresh processes")
        verdict = benches.verify(contender.kernel, task, (against,), few)
        if isinstance(verdict, Correct) and verdict.speedup.value > most:
            best, most = contender, verdict.speedup.value
    baselines = tuple(dict.fromkeys((against, EAGER, *also)))
    say(f"winner of {task.id}, by {best.origin}: verified in fresh processes against {' and '.join(baselines)}")
    return Verification(task.id, best.kernel, best.origin, benches.verify(best.kernel, task, baselines, processes))


def verified_elsewhere(task: Task, finalists: Sequence[Archived], recorded: Read) -> Verification | None:
    """The recorded run's own verification, when it is of one of these finalists."""
    found = recorded.verification(task.id)
    return found if found is not None and found.kernel in {c.kernel for c in finalists} else None
