"""The search: one event per step (GEPA, arXiv 2507.19457, algorithm 1)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count
from random import Random

from kernel_gepa.domain.budget import Ledger, Spend
from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.errors import BudgetSpent
from kernel_gepa.ports import Evaluate, NoProposal, Proposal, Proposer
from kernel_gepa.search.accept import gate, in_place


class ExitReason(StrEnum):
    BUDGET = "budget"  # a cap is reached, or the next work would pass it
    EXHAUSTED = "exhausted"  # nobody has anything left to try
    PATIENCE = "patience"  # too many steps in a row without an admission
    ASKED = "asked"  # the caller wanted it


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last thing a search yields. `sentence` is for people."""

    reason: ExitReason
    sentence: str


@dataclass(frozen=True, slots=True)
class Rules:
    """How a run goes and when it ends: after `patience` steps without an admission, or when nobody has an idea left.

    A pass for a certain parent says nothing about the others, and a model may answer better next time: only
    `quiet_rounds` rounds of nothing but passes end the run. `reserve` are the rollouts with which a step may start.
    `stop` is asked before every step; a sentence ends the run there, with its state complete.
    """

    seed: int = 0
    patience: int = 100
    quiet_rounds: int = 8
    reserve: int = 1
    clock: Callable[[], float] = time.monotonic
    stop: Callable[[], str | None] = lambda: None


def search(
    components: Sequence[Component],
    tasks: Sequence[Task],
    evaluate: Evaluate,
    proposers: Sequence[Proposer],
    *,
    ledger: Ledger,
    rules: Rules = Rules(),
    history: Sequence[Event] = (),
) -> Iterator[Event | Stopped]:
    """Yields one event per step, and `Stopped` at the end. Store each event before asking for the next.

    `tasks` are the Pareto tasks; `ledger` comes empty. `history` resumes: pool, spend, step number and patience are
    folds over it, and nothing else is remembered. A step that the budget ends in the middle leaves no event: what it
    paid for is among the evaluator's facts, and the step is taken again when there is more to spend.
    """
    pool, lull = Pool(components), Lull()
    for step in count():
        if step < len(history):
            event = history[step]
            ledger.charge(event.spend)
            ledger.settle()
        elif stopped := ending(pool, lull, len(proposers), ledger=ledger, rules=rules):
            yield stopped
            return
        else:
            started = rules.clock()
            try:
                event = take_step(step, pool, tasks, evaluate, proposers, seed=rules.seed)
            except BudgetSpent as spent:
                yield Stopped(ExitReason.BUDGET, str(spent))
                return
            ledger.charge(Spend(wall_s=rules.clock() - started))
            event = replace(event, spend=ledger.settle())
            yield event
        pool, lull = pool.apply(event), lull.after(event)


def take_step(
    step: int, pool: Pool, tasks: Sequence[Task], evaluate: Evaluate, proposers: Sequence[Proposer], *, seed: int
) -> Event:
    """Step 0 scores the seed (algorithm 1, lines 3-5); every other one gives a proposer its turn (lines 7-19)."""
    if step == 0:
        child = Candidate({c.name: c.seed for c in pool.components})
        return Admitted(child, evaluate(child, tasks), "the seed")
    answer = asked(proposers, step - 1, pool, Random(f"{seed}:{step}"))
    if isinstance(answer, NoProposal):
        return Passed(answer.reason, answer.parent)
    if known := pool.fate(answer.child):
        return Declined(answer.child, (), f"nothing new: {known}")
    passage = gate(answer, pool, evaluate)
    if not passage.admitted:
        return Declined(answer.child, passage.seen, passage.reason)
    return Admitted(answer.child, in_place(evaluate(answer.child, tasks), passage.again), passage.reason)


def asked(proposers: Sequence[Proposer], turn: int, pool: Pool, rng: Random) -> Proposal | NoProposal:
    """The answer of the proposer whose turn it is; who has nothing for anybody hands the turn on."""
    answer: Proposal | NoProposal = NoProposal("there was nobody to ask")
    for number in range(len(proposers)):
        answer = proposers[(turn + number) % len(proposers)].propose(pool, rng)
        if isinstance(answer, Proposal) or answer.parent is not None:
            break
    return answer


@dataclass(frozen=True, slots=True)
class Lull:
    """The latest steps: how many since the last admission, how many only passed, was there nothing for anybody."""

    steps: int = 0
    passes: int = 0
    silent: bool = False
    last: str = "there was nobody to ask"

    def after(self, event: Event) -> Lull:
        match event:
            case Admitted():
                return Lull()
            case Declined(reason=reason):
                return Lull(self.steps + 1, last=reason)
            case Passed(reason, parent):
                return Lull(self.steps + 1, self.passes + 1, parent is None, reason)


def ending(pool: Pool, lull: Lull, proposers: int, *, ledger: Ledger, rules: Rules) -> Stopped | None:
    """Why no further step may start, or None."""
    if sentence := rules.stop():
        return Stopped(ExitReason.ASKED, sentence)
    if sentence := ledger.budget.exhausted(ledger.spent):
        return Stopped(ExitReason.BUDGET, sentence)
    if ledger.left is not None and ledger.left < rules.reserve:
        return Stopped(ExitReason.BUDGET, f"a step may need {rules.reserve} rollouts, and {ledger.left} are left")
    if pool.members and (lull.silent or lull.passes >= proposers * rules.quiet_rounds):
        return Stopped(ExitReason.EXHAUSTED, f"no proposer has anything left to try: {lull.last}")
    if lull.steps >= rules.patience:
        return Stopped(ExitReason.PATIENCE, f"nothing was admitted in {lull.steps} steps; the last one: {lull.last}")
    return None
