"""The search: one event per step (GEPA, arXiv 2507.19457, algorithm 1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kernel_gepa.domain.budget import Ledger, Spend
from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.errors import BudgetSpent
from kernel_gepa.ports import Evaluate, Proposer
from kernel_gepa.search.enough import at_the_bound
from kernel_gepa.search.rounds import Means, Round, Rules, round_of

__all__ = ["ExitReason", "Rules", "Stopped", "search"]


class ExitReason(StrEnum):
    BUDGET = "budget"  # a cap is reached, or the next work would pass it
    EXHAUSTED = "exhausted"  # nobody has anything left to try
    PATIENCE = "patience"  # too many steps in a row without an admission
    BOUND = "bound"  # the best kernels are as fast as the machine is thought to allow
    ASKED = "asked"  # the caller wanted it


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last thing a search yields. `sentence` is for people."""

    reason: ExitReason
    sentence: str


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
    paid for is among the evaluator's facts, and the step is taken again when there is more to spend. A round of which
    only the first events were stored is taken again too, from the same pool, and comes to the same.
    """
    pool, lull, steps = Pool(components), Lull(), range(0)
    means = Means(tasks, evaluate, proposers, ledger, rules)
    try:
        while True:
            steps = round_of(steps.stop, rules.width)
            stored = history[steps.start : steps.stop]
            if len(stored) < len(steps) and (stopped := ending(pool, lull, means)):
                yield stopped
                return
            for step, event in zip(steps, events(steps, pool, stored, means), strict=True):
                if step >= len(history):
                    yield event
                pool, lull = pool.apply(event), lull.after(event)
    except BudgetSpent as spent:
        yield Stopped(ExitReason.BUDGET, str(spent))


def events(steps: range, pool: Pool, stored: Sequence[Event], means: Means) -> Iterator[Event]:
    """The events of one round, each booked when it is told. Those that were `stored` are told as they were."""
    ledger, clock = means.ledger, means.rules.clock
    if len(stored) == len(steps):
        for event in stored:
            ledger.charge(event.spend)
            ledger.settle()
            yield event
        return
    mark = clock()
    taken = Round(steps, pool, means)
    for place, step in enumerate(steps):
        event = taken.event(step)
        if place < len(stored):
            ledger.charge(Spend(wall_s=stored[place].spend.wall_s))
            ledger.settle()
            yield stored[place]
            continue
        mark, before = clock(), mark
        ledger.charge(Spend(wall_s=mark - before))
        yield replace(event, spend=ledger.settle())


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


def ending(pool: Pool, lull: Lull, means: Means) -> Stopped | None:  # noqa: PLR0911  one for each reason
    """Why no further round may start, or None."""
    ledger, rules = means.ledger, means.rules
    if sentence := rules.stop():
        return Stopped(ExitReason.ASKED, sentence)
    if rules.enough is not None and (sentence := at_the_bound(pool, means.tasks, rules.enough)):
        return Stopped(ExitReason.BOUND, sentence)
    if sentence := ledger.exhausted:
        return Stopped(ExitReason.BUDGET, sentence)
    if ledger.left is not None and ledger.left < rules.reserve:
        return Stopped(ExitReason.BUDGET, f"a step may need {rules.reserve} rollouts, and {ledger.left} are left")
    if pool.members and (lull.silent or lull.passes >= len(means.proposers) * rules.quiet_rounds):
        return Stopped(ExitReason.EXHAUSTED, f"no proposer has anything left to try: {lull.last}")
    if lull.steps >= rules.patience:
        return Stopped(ExitReason.PATIENCE, f"nothing was admitted in {lull.steps} steps; the last one: {lull.last}")
    return None
