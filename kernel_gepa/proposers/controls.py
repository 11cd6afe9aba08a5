"""What evolution has to beat at the same budget: controls are proposers, and run through the same loop.

best-of-n     samples from the start, each for itself
sequential    refinement: each attempt starts from the one before it, good or bad; after some repairs from the start
greedy        the search itself, always from the best candidate (the ablation of algorithm 2)
random        settings of the declared knobs, drawn blindly
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar

from kernel_gepa.domain.candidate import Candidate, CandidateId
from kernel_gepa.domain.evaluation import Batch
from kernel_gepa.domain.events import Admitted
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.ports import NoProposal, Proposal, Proposer
from kernel_gepa.proposers.offers import Offer, propose
from kernel_gepa.proposers.tune import any_setting

REPAIRS = 5  # of the paper's Sequential5


def start_only(pool: Pool, rng: Random) -> CandidateId:  # noqa: ARG001  a way to pick a parent
    return 0


def latest(pool: Pool, rng: Random) -> CandidateId:  # noqa: ARG001  a way to pick a parent
    return len(pool.members) - 1


def greedy(pool: Pool, rng: Random) -> CandidateId:  # noqa: ARG001  a way to pick a parent
    return pool.best()


@dataclass(frozen=True, slots=True)
class BestOfN:
    """Lets `proposer` see the start and nothing else: no candidate, no attempt, no best kernel."""

    proposer: Proposer
    name: ClassVar[str] = "best-of-n"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        return _as_own(self.proposer.propose(_start(pool), rng), self.name)


@dataclass(frozen=True, slots=True)
class Sequential:
    """Lets `proposer`, which has to pick the latest candidate, see the start and the latest attempt of the chain."""

    proposer: Proposer
    repairs: int = REPAIRS
    name: ClassVar[str] = "sequential"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        attempts = sorted(_attempts(pool, self.name), key=lambda a: a.number)
        place = len(attempts) % (self.repairs + 1)
        view = _start(pool)
        if place and attempts[-1].evaluations:
            view = view.apply(Admitted(attempts[-1].child, attempts[-1].evaluations, "the latest attempt"))
        return _as_own(self.proposer.propose(view, rng), f"{self.name}:{len(attempts)}")


@dataclass(frozen=True, slots=True)
class RandomKnobs:
    """Any new setting of the start's knobs, each as likely as the other."""

    tasks: Sequence[Task]
    name: ClassVar[str] = "random"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        def choose(text: str, known: frozenset[str]) -> Offer | None:
            return any_setting(text, known, rng)

        return propose(pool, 0, self.tasks, name=self.name, choose=choose)


@dataclass(frozen=True, slots=True)
class _Attempt:
    number: int
    child: Candidate
    evaluations: Batch


def _attempts(pool: Pool, name: str) -> list[_Attempt]:
    """A text that came a second time was not judged again; it did what it did the first time."""
    made = [(m.candidate, tuple(m.evaluations.values())) for m in pool.members]
    made += [(d.child, d.evaluations) for d in pool.declined]
    judged = {child.identity(pool.components): seen for child, seen in made if seen}
    numbered = ((child.origin.rpartition(":"), child) for child, _ in made)
    return [
        _Attempt(int(number), child, judged.get(child.identity(pool.components), ()))
        for (who, _, number), child in numbered
        if who == name
    ]


def _start(pool: Pool) -> Pool:
    """A pool that holds nothing but the start. Its minibatches go on as the run's do."""
    seed = pool.members[0]
    view = Pool(pool.components).apply(Admitted(seed.candidate, tuple(seed.evaluations.values()), "the seed"))
    return replace(view, turns=pool.turns, picks={0: pool.picks[0]})


def _as_own(answer: Proposal | NoProposal, origin: str) -> Proposal | NoProposal:
    """Whatever it started from, it is a child of the start: that is what it has to beat, and who is asked next."""
    if isinstance(answer, NoProposal):
        return replace(answer, parent=None if answer.parent is None else 0)
    return replace(answer, child=replace(answer.child, parents=(0,), origin=origin))
