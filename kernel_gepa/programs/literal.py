"""The shortest program: the text is the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Rollout
from kernel_gepa.domain.task import Task, TaskId


def slot(task: TaskId) -> str:
    """The name of the component that holds the kernel of `task`."""
    return f"kernel@{task}"


@dataclass(frozen=True)
class Literal:
    """One component per task, which can affect that task only: changing one kernel re-runs no other task."""

    components: Sequence[Component]

    @classmethod
    def over(cls, tasks: Sequence[Task]) -> Literal:
        """Starts from the kernels that the tasks bring."""
        return cls(tuple(Component(slot(t.id), t.kernel, frozenset({t.id}), t.language) for t in tasks))

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:
        return Rollout(texts[slot(task.id)])
