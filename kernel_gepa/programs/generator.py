"""A compound system that writes kernels: planner → coder → repairer, each a language module with a text of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TypeAlias

from kernel_gepa import prompts
from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Rollout
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.ports import Check, LanguageModel, Reply
from kernel_gepa.programs.trajectory import Trajectory
from kernel_gepa.prompts.frame import clipped, fenced, filled
from kernel_gepa.prompts.reply import Unusable, block
from kernel_gepa.prompts.task import described

Feedback: TypeAlias = Callable[[Verdict, Task, str], str]

PLANNER, CODER, REPAIRER = MODULES = ("planner", "coder", "repairer")
REPAIRS = 2  # at most so many for one draft
FEEDBACK = 6_000  # characters of what the bench said

RIGHT = "The kernel in it builds and is right; it was not timed at this point."


def module_components() -> tuple[Component, ...]:
    """The modules with the texts that are shipped; each can affect every task."""
    return tuple(Component(name, start_text(name)) for name in MODULES)


def start_text(module: str) -> str:
    return files(prompts).joinpath(f"start_{module}.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Generator:
    """Starts from the task's own kernel: plans, writes, and repairs what the bench finds wrong.

    Where there is nothing yet but a copy of the reference, the first draft is written without a plan. What is still
    wrong after the last repair is the rollout's kernel all the same: the start would hide that the modules failed.
    """

    models: Mapping[str, LanguageModel]  # for each module the model that plays it
    check: Check
    feedback: Feedback
    repairs: int = REPAIRS
    components: Sequence[Component] = field(default_factory=module_components)

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:
        return self.improve(task.kernel, texts, task)

    def improve(self, kernel: str, texts: Mapping[str, str], task: Task) -> Rollout:
        """A rollout that starts from `kernel`."""
        made = Trajectory()
        written = self._write(made, texts, task, self._given(made, texts, task, kernel))
        for _ in range(self.repairs):
            if written.right:
                break
            made.note(written.said)
            written = self._repair(made, texts, task, written)
        made.note(written.said)
        return made.rollout(written.kernel)

    def _given(self, made: Trajectory, texts: Mapping[str, str], task: Task, kernel: str) -> str:
        """What the coder is told beside the task: a plan, or that this is a first draft."""
        shown = fenced(kernel, task.language.value)
        if task.start_is_reference and kernel == task.kernel:
            return filled("given_draft", {"kernel": shown})
        asked = {"text": texts[PLANNER].strip(), "task": described(task), "kernel": shown}
        plan = made.ask(self.models[PLANNER], PLANNER, filled("module_planner", asked))
        if plan.truncated:
            made.note("The plan was cut off by its length limit: it has to be shorter.")
        return filled("given_plan", {"kernel": shown, "plan": fenced(plan.text, "text")})

    def _write(self, made: Trajectory, texts: Mapping[str, str], task: Task, given: str) -> Written:
        asked = {"text": texts[CODER].strip(), "task": described(task), "given": given}
        reply = made.ask(self.models[CODER], CODER, filled("module_coder", asked))
        return self._examined(reply, task, before="")

    def _repair(self, made: Trajectory, texts: Mapping[str, str], task: Task, broken: Written) -> Written:
        asked = {
            "text": texts[REPAIRER].strip(),
            "task": described(task),
            "kernel": fenced(broken.kernel, task.language.value),
            "feedback": fenced(clipped(broken.said, FEEDBACK), "text"),
        }
        reply = made.ask(self.models[REPAIRER], REPAIRER, filled("module_repairer", asked))
        return self._examined(reply, task, before=broken.kernel)

    def _examined(self, reply: Reply, task: Task, *, before: str) -> Written:
        """A reply that cannot be used leaves the kernel as it was `before`, and is told as what it is."""
        source = block(reply)
        if isinstance(source, Unusable):
            return Written(before, f"The answer cannot be used: {source.reason}.", right=False)
        wrong = self.check(source, task)
        said = RIGHT if wrong is None else self.feedback(wrong, task, source)
        return Written(source, said, right=wrong is None)


@dataclass(frozen=True, slots=True)
class Written:
    """A kernel in the making, and what the bench said of it."""

    kernel: str
    said: str
    right: bool
