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
    presumed: Mapping[TaskId, float] = field(default_factory=dict)  # scores of its parent where it was not run itself

    @cached_property
    def mean(self) -> float:
        """Over the tasks it was evaluated on (GEPA, algorithm 1, line 21: the average on D_pareto).

        Where racing skipped a task the parent's score stands in: left out, the tasks at which a candidate had no
        prospects would raise its mean.
        """
        scores = [e.score.value for e in self.evaluations.values()] + list(self.presumed.values())
        return sum(scores) / max(1, len(scores))

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
    place: int = 0  # of the step that sees it, in its round
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
        fates = {event.child.identity(self.components): "declined before", **self.fates}
        return replace(self, declined=(*self.declined, event), fates=fates)

    def _admitted(self, child: Candidate, evaluations: Batch) -> Pool:
        who = len(self.members)
        member = Member(who, child, {e.task: e for e in evaluations}, self._presumed(child, evaluations))
        members = (*self.members, member)
        return replace(
            self,
            members=members,
            picks={**self.picks, who: max((self.picks[p] for p in child.parents), default=0)},
            front=extended(self.front, who, evaluations, lambda w: (members[w].mean, -w)),
            fates={**self.fates, child.identity(self.components): f"already candidate {who}"},
        )

    def _presumed(self, child: Candidate, evaluations: Batch) -> Mapping[TaskId, float]:
        """Of several parents the better score: who could not even reach that was skipped."""
        ran, found = {e.task for e in evaluations}, dict[TaskId, float]()
        for parent in (self.members[p] for p in child.parents):
            for task, score in (*parent.presumed.items(), *((t, e.score.value) for t, e in parent.evaluations.items())):
                if task not in ran:
                    found[task] = max(score, found.get(task, score))
        return found

    def fate(self, candidate: Candidate) -> str | None:
        """What became of these texts when they were tried, comments and white space apart, or None: they are new."""
        return self.fates.get(candidate.identity(self.components))

    def mean(self, who: CandidateId) -> float:
        return self.members[who].mean

    def best(self) -> CandidateId:
        """The best mean; of equal ones the earliest."""
        return max(range(len(self.members)), key=self.mean)

    def doubt_of_record(self, cell: Cell, estimate: Estimate) -> float:
        """How likely noise alone shows `estimate` above the best of the members there, were it no better.

        Who first solves a task sets a record in each of its cells.
        """
        if cell in self.front:
            return estimate.doubt(self.front[cell].record)
        task, workload = cell
        return 0.0 if workload != UNSOLVED and (task, UNSOLVED) in self.front else 1.0

    def beside(self, place: int) -> Pool:
        """As the step at this place of a round sees it: with the minibatch and the components that come next.

        Without it, steps of one round that pick the same parent would all ask the same question.
        """
        if not place:
            return self
        ahead = {who: (pointer + place) % len(self.components) for who, pointer in self.picks.items()}
        return replace(self, turns=self.turns + place, picks=ahead, place=place)

    def attempts(self, parent: CandidateId, most: int = 3) -> tuple[Declined, ...]:
        """The latest children of `parent` that were judged and declined, oldest first."""
        judged = (d for d in reversed(self.declined) if d.evaluations and parent in d.child.parents)
        return tuple(islice(judged, most))[::-1]
