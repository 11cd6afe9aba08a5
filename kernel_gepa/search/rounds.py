"""A round: several steps from the same pool, side by side, decided in their order.

What a step does depends on the pool at the start of the round, on its number, and on what the earlier steps of the
round proposed; never on who was faster. So a run is decided by its seed and its width.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import ParamSpec, TypeAlias, TypeVar

from kernel_gepa.domain.budget import Ledger
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import FALSE_ADMISSIONS
from kernel_gepa.errors import BudgetSpent
from kernel_gepa.ports import Evaluate, NoProposal, Proposal, Proposer
from kernel_gepa.search.accept import gate, in_place
from kernel_gepa.search.enough import ENOUGH
from kernel_gepa.search.racing import raced

Answer: TypeAlias = Proposal | NoProposal
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rules:
    """How a run goes and when it ends: after `patience` steps without an admission, or when nobody has an idea left.

    A pass for a certain parent says nothing about the others, and a model may answer better next time: only
    `quiet_rounds` times as many passes as there are proposers, one after the other, end the run. `reserve` are the
    rollouts with which a round may start. `width` steps are taken side by side. Of children that are no better than
    what is known at most the share `false_admissions` is admitted. `enough` is the share of the estimated bound at
    which the best kernels end the run; None: they never do. `stop` is asked before every round; a sentence ends the run
    there, with its state complete.
    """

    seed: int = 0
    width: int = 1
    false_admissions: float = FALSE_ADMISSIONS
    patience: int = 100
    quiet_rounds: int = 8
    reserve: int = 1
    enough: float | None = ENOUGH
    clock: Callable[[], float] = time.monotonic
    stop: Callable[[], str | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Means:
    """With what a run is made. `tasks` are the Pareto tasks."""

    tasks: Sequence[Task]
    evaluate: Evaluate
    proposers: Sequence[Proposer]
    ledger: Ledger
    rules: Rules


def round_of(step: int, width: int) -> range:
    """The steps of the round to which `step` belongs. The seed's is a round of its own."""
    first = 0 if step == 0 else step - (step - 1) % width
    return range(first, first + (width if first else 1))


class Round:
    """Takes all its steps when it is made; `event` tells them one by one, in their order."""

    def __init__(self, steps: range, pool: Pool, means: Means) -> None:
        self._steps, self._pool, self._means = steps, pool, means
        self._purses = means.ledger.purses(len(steps))
        with _threads(2 * len(steps)) as threads:
            self._asked = [threads.submit(self._ask, place) for place in range(len(steps))]
            self._taken = [threads.submit(self._take, place) for place in range(len(steps))]

    def event(self, step: int) -> Event:
        """Books what the step spent. Raises BudgetSpent for one that needs more than is left, and what its work raised.

        A step that its share of the budget was too small for is taken again, alone.
        """
        place, ledger = self._steps.index(step), self._means.ledger
        try:
            event = self._taken[place].result()
        except BudgetSpent:
            if len(self._steps) == 1:
                raise
            ledger.close(self._purses[place], book=False)
            (self._purses[place],) = ledger.purses(1)
            self._asked[place] = _done(self._ask, place)
            event = self._take(place)
        ledger.close(self._purses[place])
        return event

    def _ask(self, place: int) -> Answer:
        """Whose turn it is proposes (GEPA, algorithm 1, lines 7-14). Step 0 is the seed (lines 3-5)."""
        step, rules, pool = self._steps[place], self._means.rules, self._pool
        if step == 0:
            return Proposal(Candidate({c.name: c.seed for c in pool.components}), ())
        with self._purses[place].spending():
            return asked(self._means.proposers, step - 1, pool.beside(place), Random(f"{rules.seed}:{step}"))

    def _take(self, place: int) -> Event:
        answer = self._asked[place].result()
        earlier = [f.result() for f in self._asked[:place] if f.exception() is None]
        with self._purses[place].spending():
            return decided(answer, earlier, self._pool, self._means)


def decided(answer: Answer, earlier: Sequence[Answer], pool: Pool, means: Means) -> Event:
    """What becomes of a proposal (GEPA, algorithm 1, lines 14-19). `earlier` are those before it in its round."""
    if isinstance(answer, NoProposal):
        return Passed(answer.reason, answer.parent)
    child = answer.child
    if not pool.members:
        return Admitted(child, means.evaluate(child, means.tasks), "the seed")
    if known := pool.fate(child) or _twin(child, earlier, pool):
        return Declined(child, (), f"nothing new: {known}")
    passage = gate(answer, pool, means.evaluate, rate=means.rules.false_admissions)
    if not passage.admitted:
        return Declined(child, passage.seen, passage.reason)
    ran = raced(child, pool, answer.gate, means.tasks, means.evaluate)
    skipped = tuple(t.id for t in means.tasks if t.id not in {e.task for e in ran})
    return Admitted(child, in_place(ran, passage.again), passage.reason, skipped=skipped)


def asked(proposers: Sequence[Proposer], turn: int, pool: Pool, rng: Random) -> Answer:
    """The answer of the proposer whose turn it is; who has nothing for anybody hands the turn on."""
    answer: Answer = NoProposal("there was nobody to ask")
    for number in range(len(proposers)):
        answer = proposers[(turn + number) % len(proposers)].propose(pool, rng)
        if isinstance(answer, Proposal) or answer.parent is not None:
            break
    return answer


def _twin(child: Candidate, earlier: Sequence[Answer], pool: Pool) -> str | None:
    identities = {a.child.identity(pool.components) for a in earlier if isinstance(a, Proposal)}
    return "proposed in this round already" if child.identity(pool.components) in identities else None


def _threads(most: int) -> Executor:
    """A round of one step needs no threads, and then stack traces and Ctrl-C are as everybody expects them."""
    return ThreadPoolExecutor(most) if most > 2 else _InPlace()


class _InPlace(Executor):
    """Does everything at once, in the thread that asks."""

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return _done(work, *args, **kwargs)


def _done(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    future: Future[T] = Future()
    try:
        future.set_result(work(*args, **kwargs))
    except Exception as error:  # noqa: BLE001  told by the future, as everywhere
        future.set_exception(error)
    return future
