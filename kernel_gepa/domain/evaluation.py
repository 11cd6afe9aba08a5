"""One evaluation: the kernel a rollout wrote for a task, the verdict on it, and what was derived from the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.task import TaskId
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Verdict

Cell = tuple[TaskId, str]  # (task, workload): the smallest thing a candidate can be best at

# The one cell of a task that nobody solved yet: there the staged score decides.
UNSOLVED = "*"


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """One call of a language module inside a program; feedback finds its way back to `component`.

    `outcome` is what was found out about this very reply before the program went on, in words; empty where nothing
    was, and then what is said of the whole rollout has to do.
    """

    component: str
    prompt: str
    reply: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A program's run on one task. The trajectory is empty when the text itself is the kernel.

    `spend` is what its model calls cost: kept here, so that a step that is taken again can be charged for them.
    """

    kernel: str
    trajectory: tuple[ModuleCall, ...] = ()
    spend: Spend = Spend()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`score` is exact below 1 and an estimate above; `cells` say how good it is at each workload (speedups).

    `key` addresses it by content: the texts that matter, the task, the bench, and which measurement of them it is.
    """

    key: str
    task: TaskId
    rollout: Rollout
    verdict: Verdict
    score: Estimate
    feedback: str
    cells: Mapping[str, Estimate]  # workload -> larger is better; {UNSOLVED: score} unless correct

    @property
    def solved(self) -> bool:
        return UNSOLVED not in self.cells


Batch = tuple[Evaluation, ...]
