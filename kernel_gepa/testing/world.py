"""A world small enough to search in milliseconds: kernels are letters, and no model, compiler or clock is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from kernel_gepa.domain.budget import Ledger, Spend
from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.evaluation import Rollout
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import BuildFailed, Incorrect, Mismatch, Verdict
from kernel_gepa.ports import Evaluate, NoProposal, Proposal
from kernel_gepa.search.minibatch import minibatch
from kernel_gepa.search.select import next_component, pick_parent
from kernel_gepa.testing.toys import correct


def verdict(kernel: str, task: Task) -> Verdict:
    """A "!" does not build, a "?" is wrong; every letter that is also in the task's id makes it faster."""
    if "!" in kernel:
        return BuildFailed("unexpected !")
    if "?" in kernel:
        return Incorrect((Mismatch(task.workloads[0].name, "differs"),))
    return correct({w.name: 1.0 + 0.5 * sum(map(kernel.count, set(task.id))) for w in task.workloads})


@dataclass(frozen=True)
class Shared:
    """A program with one text for all tasks, as prompts have. Remembers what it was asked to run."""

    components: Sequence[Component] = (Component("prompt", "?"),)
    ran: list[tuple[str, str]] = field(default_factory=list)

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:
        self.ran.append((task.id, texts["prompt"]))
        return Rollout(texts["prompt"])


@dataclass(frozen=True)
class Both:
    """One text for all tasks and one for each: the kernel is the task's own text with the common one behind it."""

    components: Sequence[Component]

    @classmethod
    def over(cls, tasks: Sequence[Task]) -> Both:
        own = tuple(Component(f"kernel@{t.id}", t.kernel, frozenset({t.id})) for t in tasks)
        return cls((Component("prompt", ""), *own))

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:
        return Rollout(texts[f"kernel@{task.id}"] + texts["prompt"])


@dataclass(frozen=True)
class Scribbler:
    """Reflects like a child: puts another letter behind the parent's text, or has no idea. Costs what a model costs."""

    evaluate: Evaluate
    tasks: Sequence[Task]
    ledger: Ledger
    name: str = "scribble"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        parent = pick_parent(pool, rng)
        component = next_component(pool, parent)
        batch = minibatch(self.tasks, component, seed=0, turn=pool.turns, size=2)
        texts = pool.members[parent].candidate.texts
        self.evaluate(pool.members[parent].candidate, batch)
        self.ledger.charge(Spend(model_calls=1, usd=0.1))
        letter = rng.choice("ab!? ")
        if letter == " ":
            return NoProposal("no idea", parent)
        text = texts[component.name].replace("?", "") + letter
        return Proposal(Candidate({**texts, component.name: text}, (parent,), self.name), batch)


@dataclass(frozen=True)
class Crosser:
    """Takes each text from one of two parents, by chance."""

    tasks: Sequence[Task]
    name: str = "cross"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        if len(pool.members) < 2:
            return NoProposal("nobody to cross")
        one, two = rng.sample(range(len(pool.members)), 2)
        texts = {c.name: pool.members[rng.choice((one, two))].candidate.texts[c.name] for c in pool.components}
        return Proposal(Candidate(texts, (one, two), self.name), tuple(self.tasks))
