"""The search for any program of language modules and any grader: what is needed beside them, wired in one call.

    evolved = evolve(program, grader, questions, model, rollouts=60)
    evolved.texts["answer"]

A program is a `ports.Program`: components, and `generate(texts, task)`, which calls its modules through a `Trajectory`.
A grader is a `ports.Judge` that answers with `Graded(points, why)`; `why` is what reflection learns from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.events import Event
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Form, Task, TaskId, Tolerance
from kernel_gepa.judging.evaluator import Evaluator
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.models.charged import Charged
from kernel_gepa.models.metered import Metered
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.ports import Judge, LanguageModel, Program
from kernel_gepa.proposers.reflect import Reflect
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.search.minibatch import SIZE, minibatch
from kernel_gepa.search.select import next_component, pick_parent


def question(name: TaskId, statement: str, *, reference: str = "") -> Task:
    """A task whose answer is a text. `reference` is for the grader; no model is ever shown it."""
    return Task(name, statement, Form.ANSWER, reference, "", (), Tolerance(0.0, 0.0))


@dataclass(frozen=True)
class Evolved:
    """`pool` holds every admitted candidate with its scores; `stopped` says why the search ended."""

    pool: Pool
    ledger: Ledger
    stopped: str

    @property
    def texts(self) -> Mapping[str, str]:
        """Of the candidate with the best mean (GEPA, algorithm 1, line 21)."""
        return self.pool.members[self.pool.best()].candidate.texts

    @property
    def mean(self) -> float:
        return self.pool.mean(self.pool.best())


def evolve(  # noqa: PLR0913  the call that people without a kernel meet first: everything by name, most by default
    program: Callable[[LanguageModel], Program],
    judge: Judge,
    tasks: Sequence[Task],
    model: LanguageModel,
    *,
    rollouts: int,
    seed: int = 0,
    feedback_tasks: Sequence[Task] | None = None,
    on_event: Callable[[Event], None] = lambda _: None,
) -> Evolved:
    """Evolves the texts of `program(model)`. `tasks` decide who is best; minibatches are drawn from `feedback_tasks`,
    which are the same ones unless told otherwise. The same model plays the modules and reflects.
    """
    ledger, learning = Ledger(Budget(rollouts=rollouts)), tuple(feedback_tasks or tasks)
    metered = Charged(Metered(model, ledger), ledger, Tariff(afterwards=True))
    made = program(metered)
    evaluate = Evaluator(made, judge, feedback, ledger=ledger)

    def drawn(pool: Pool, component: Component) -> tuple[Task, ...]:
        return minibatch(learning, component, seed=seed, turn=pool.turns)

    def parent(pool: Pool, rng: Random) -> int:
        return pick_parent(pool, rng)

    reflect = Reflect(metered, evaluate, pick_parent=parent, pick_component=next_component, minibatch=drawn)
    pool = Pool(made.components)
    rules = Rules(seed=seed, reserve=min(2 * SIZE, 2 * len(learning)))
    for event in search(made.components, tasks, evaluate, (reflect,), ledger=ledger, rules=rules):
        if isinstance(event, Stopped):
            return Evolved(pool, ledger, event.sentence)
        pool = pool.apply(event)
        on_event(event)
    raise AssertionError("a search ends with its reason")
