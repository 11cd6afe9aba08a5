"""A generator that starts from the kernel which the candidate carries: prompts and kernels evolve together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Rollout
from kernel_gepa.domain.task import Task
from kernel_gepa.programs.generator import Generator
from kernel_gepa.programs.literal import Literal, slot


@dataclass(frozen=True)
class Warm:
    """The generator's components, and one kernel per task beside them. Changing a kernel re-runs only its task."""

    generator: Generator
    components: Sequence[Component]

    @classmethod
    def over(cls, tasks: Sequence[Task], generator: Generator) -> Warm:
        return cls(generator, (*generator.components, *Literal.over(tasks).components))

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:
        return self.generator.improve(texts[slot(task.id)], texts, task)
