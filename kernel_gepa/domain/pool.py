"""Every admitted candidate with its evaluations: a fold over the events of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from kernel_gepa.domain.candidate import Candidate, CandidateId, Component
from kernel_gepa.domain.evaluation import UNSOLVED, Batch, Cell, Evaluation
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.front import Front, extended, refuse_wild_numbers
from kernel_gepa.domain.task import TaskId
from kernel_gepa.domain.timing import Estimate


@dataclass(frozen=True)
class Member:
    """One admitted candidate. `evaluations` may be sparse: a task is only known to those who ran it."""

    id: CandidateId
    candidate: Candidate
    evaluations: Mapping[TaskId, Evaluation]

    @cached_property
    def mean(self) -> float:
        """Over the tasks it was evaluated on (GEPA, algorithm 1, line 21: the average on D_pareto)."""
        return sum(e.score.value for e in self.evaluations.values()) / max(1, len(self.evaluations))

    @cached_property
    def points(self) -> Mapping[Cell, float]:
        """Its point value in each of its own cells, also in those that it does not hold."""
        return {(e.task, w): c.value for e in self.evaluations.values() for w, c in e.cells.items()}


def best_known(evaluations: Iterable[Evaluation], before: Mapping[TaskId, Evaluation] = {}) -> dict[TaskId, Evaluation]:
    """Per task the kernel of which most can be claimed: the highest lower bound, the first of equals."""
    best = dict(before)
    for e in evaluations:
        if e.task not in best or e.score.low > best[e.task].score.low:
            best[e.task] = e
    return best


@dataclass(frozen=True)
class Pool:
    """Never changed; `apply` answers with the next one. Start with `Pool(components)` and fold the events over it.

    A *pick* is any event with exactly one parent, whatever came of it: it moves that parent's round-robin pointer
    on. A child of several parents moves nobody's, and starts at the furthest of theirs.
    """

    components: Sequence[Component]
    members: tuple[Member, ...] = ()
    declined: tuple[Declined, ...] = ()  # in order; the memory of failure
    picks: Mapping[CandidateId, int] = field(default_factory=dict)  # round-robin pointer per candidate
    turns: int = 0  # picks so far, of anybody: the position in the sequence of minibatches
    front: Front = field(default_factory=dict)
    best_known: Mapping[TaskId, Evaluation] = field(default_factory=dict)  # of all that was seen, declined or not
    fates: Mapping[str, str] = field(default_factory=dict)  # identity of every text tried -> what became of it

    def apply(self, event: Event) -> Pool:
        """The pool after `event`. Raises ValueError for a number that no comparison can deal with."""
        match event:
            case Passed(parent=parent):
                return self if parent is None else self._picked((parent,))
            case Declined(child, evaluations):
                return self._picked(child.parents)._seen(evaluations)._declined(event)
            case Admitted(child, evaluations):
                return self._picked(child.parents)._seen(evaluations)._admitted(child, evaluations)

    def _picked(self, parents: Sequence[CandidateId]) -> Pool:
        if len(parents) != 1:
            return self
        pointer = (self.picks[parents[0]] + 1) % len(self.components)
        return replace(self, turns=self.turns + 1, picks={**self.picks, parents[0]: pointer})

    def _seen(self, evaluations: Batch) -> Pool:
        refuse_wild_numbers(evaluations)
        return replace(self, best_known=best_known(evaluations, self.best_known))

    def _declined(self, event: Declined) -> Pool:
        fates = {event.child.identity: "declined before", **self.fates}
        return replace(self, declined=(*self.declined, event), fates=fates)

    def _admitted(self, child: Candidate, evaluations: Batch) -> Pool:
        who = len(self.members)
        return replace(
            self,
            members=(*self.members, Member(who, child, {e.task: e for e in evaluations})),
            picks={**self.picks, who: max((self.picks[p] for p in child.parents), default=0)},
            front=extended(self.front, who, evaluations),
            fates={**self.fates, child.identity: f"already candidate {who}"},
        )

    def fate(self, candidate: Candidate) -> str | None:
        """What became of exactly these texts when they were tried, or None: they are new."""
        return self.fates.get(candidate.identity)

    def mean(self, who: CandidateId) -> float:
        return self.members[who].mean

    def best(self) -> CandidateId:
        """The best mean; of equal ones the earliest."""
        return max(range(len(self.members)), key=self.mean)

    def is_record(self, cell: Cell, estimate: Estimate) -> bool:
        """Measurably better than every member there. Who first solves a task sets a record in each of its cells."""
        if cell in self.front:
            return estimate.measurably_better(self.front[cell].record)
        task, workload = cell
        return workload != UNSOLVED and (task, UNSOLVED) in self.front

    def attempts(self, parent: CandidateId, most: int = 3) -> tuple[Declined, ...]:
        """The latest children of `parent` that were judged and declined, oldest first."""
        judged = (d for d in reversed(self.declined) if d.evaluations and parent in d.child.parents)
        return tuple(islice(judged, most))[::-1]
