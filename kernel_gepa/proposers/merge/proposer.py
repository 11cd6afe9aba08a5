"""Merge: offers a child of two lineages that have both earned their place, from time to time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from kernel_gepa.domain.candidate import Candidate, CandidateId
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.ports import NoProposal, Proposal, Proposer
from kernel_gepa.proposers.merge.crossing import NAME, crossings, merged
from kernel_gepa.proposers.merge.subsample import subsample

Prune = Callable[[Pool], Mapping[CandidateId, int]]

LIMIT = 5  # "invoked at most 5 times" in the paper


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge is due for every candidate that was admitted with one parent, up to `limit` in the run.

    Attempts count, whatever came of them. Only the first step of a round may make one: the others do not see it. What
    was tried is known by its text: nobody gets the same merge twice, nor a copy of a parent.
    """

    tasks: Sequence[Task]
    prune: Prune
    limit: int = LIMIT
    name: ClassVar[str] = NAME

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        if pool.place:
            return NoProposal("the first step of the round may merge")
        made = [c for c in _children(pool) if c.origin.startswith(f"{NAME}:")]
        due = sum(len(m.candidate.parents) == 1 for m in pool.members) - len(made)
        if len(made) >= self.limit or due <= 0:
            return NoProposal(f"no merge is due: {len(made)} of at most {self.limit} were tried")
        found = list(crossings(pool, self.prune(pool)))
        place = {pair: rng.random() for pair in dict.fromkeys((c.one, c.two) for c in found)}
        for crossing in sorted(found, key=lambda c: place[c.one, c.two]):
            child = merged(pool, crossing)
            if child is not None:
                return Proposal(child, self._gate(child, pool, rng))
        return NoProposal("no two lineages have anything new to give each other")

    def _gate(self, child: Candidate, pool: Pool, rng: Random) -> tuple[Task, ...]:
        """All tasks where the child is a parent over again, which is free, and some of the others."""
        parents = [pool.members[p] for p in child.parents]
        prints = {t.id: child.fingerprint(pool.components, t.id) for t in self.tasks}
        free = {
            t.id
            for t in self.tasks
            for p in parents
            if t.id in p.evaluations and p.candidate.fingerprint(pool.components, t.id) == prints[t.id]
        }
        one, two = ({t: e.score.value for t, e in p.evaluations.items() if t in prints.keys() - free} for p in parents)
        drawn = subsample(one, two, rng)
        return tuple(t for t in self.tasks if t.id in free or t.id in drawn)


@dataclass(frozen=True, slots=True)
class MergeFirst:
    """A merge where one can be made, as the reference does it first in an iteration; else the turn is `proposer`'s."""

    merge: Merge
    proposer: Proposer

    @property
    def name(self) -> str:
        return self.proposer.name

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        answer = self.merge.propose(pool, rng)
        return answer if isinstance(answer, Proposal) else self.proposer.propose(pool, rng)


def _children(pool: Pool) -> list[Candidate]:
    return [*(m.candidate for m in pool.members), *(d.child for d in pool.declined)]
