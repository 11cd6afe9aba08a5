"""The reflective mutation of GEPA: shows a model one text with its feedback, and takes the text it writes instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from kernel_gepa.domain.candidate import Candidate, CandidateId, Component
from kernel_gepa.domain.events import Declined
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Graded
from kernel_gepa.errors import ModelDown, ModelError
from kernel_gepa.ports import Evaluate, LanguageModel, NoProposal, Proposal
from kernel_gepa.prompts.reply import Unusable, block
from kernel_gepa.proposers.brief import Case, brief, was_asked

PickParent = Callable[[Pool, Random], CandidateId]
PickComponent = Callable[[Pool, CandidateId], Component]
Minibatch = Callable[[Pool, Component], tuple[Task, ...]]


class Reflect:
    """GEPA, algorithm 1, lines 7-14, up to the child: the gate and the admission belong to the loop.

    The parent is evaluated on the minibatch, which is free where it was before; then the model is called once.
    A failure of the model is a pass; who fails again and again raises ModelDown.
    """

    name = "reflect"

    def __init__(
        self,
        model: LanguageModel,
        evaluate: Evaluate,
        *,
        pick_parent: PickParent,
        pick_component: PickComponent,
        minibatch: Minibatch,
        lessons: Callable[[], str] = str,
    ) -> None:
        self._model = model
        self._evaluate = evaluate
        self._pick_parent = pick_parent
        self._pick_component = pick_component
        self._minibatch = minibatch
        self._lessons = lessons

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        who = self._pick_parent(pool, rng)
        component = self._pick_component(pool, who)
        tasks = self._minibatch(pool, component)
        parent = pool.members[who].candidate
        case = Case(
            component=component,
            text=parent.texts[component.name],
            tasks=tasks,
            batch=self._evaluate(parent, tasks),
            attempts=attempts_on(pool, who, component),
            best_known=pool.best_known,
            lessons=self._lessons(),
        )
        if nothing := _nothing_to_learn(case):
            return NoProposal(nothing, parent=who)
        # The same prompt may come back in a later step; a new sample of the step's own keeps a recording of the
        # first reply, say an unusable one, from being its answer for ever.
        try:
            reply = self._model.complete(brief(case), sample=rng.getrandbits(31))
        except ModelDown:
            raise
        except ModelError as error:  # one bad answer is no reason to end a run
            return NoProposal(f"the model failed: {error}", parent=who)
        text = block(reply)
        if isinstance(text, Unusable):
            return NoProposal(text.reason, parent=who)
        if text.rstrip() == case.text.rstrip():
            return NoProposal("the reply repeats the parent's text", parent=who)
        return Proposal(child(parent, who, component=component, text=text), gate=tasks)


def _nothing_to_learn(case: Case) -> str | None:
    """Why asking the model would be in vain. The pass moves the parent on to its next component."""
    if not was_asked(case):
        return f"{case.component.name} was not asked on {', '.join(t.id for t in case.tasks)}"
    if all(isinstance(e.verdict, Graded) and e.verdict.points >= 1.0 for e in case.batch):
        return f"nothing is left to improve on {', '.join(t.id for t in case.tasks)}"
    return None


def attempts_on(pool: Pool, parent: CandidateId, component: Component) -> tuple[Declined, ...]:
    """The latest declined children of `parent` that changed this component."""
    text = pool.members[parent].candidate.texts[component.name]
    return tuple(d for d in pool.attempts(parent) if d.child.texts[component.name] != text)


def child(parent: Candidate, who: CandidateId, *, component: Component, text: str) -> Candidate:
    return replace(parent, texts={**parent.texts, component.name: text}, parents=(who,), origin=origin_of(component))


def origin_of(component: Component) -> str:
    """A kernel says by itself which text was changed; of a module's text the name tells."""
    return Reflect.name if component.name.startswith("kernel@") else f"{Reflect.name}({component.name})"
