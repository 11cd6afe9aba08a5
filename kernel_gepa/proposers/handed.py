"""Proposals that somebody else made: an agent that drives the search hands in one text at a time."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from kernel_gepa.domain.candidate import Candidate, CandidateId, Component
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.ports import NoProposal, Proposal


@dataclass(frozen=True, slots=True)
class Work:
    """A new text for one component of a candidate, and the tasks on which it has to prove itself."""

    component: Component
    text: str
    parent: CandidateId
    gate: tuple[Task, ...]


class Handed:
    """Offers what was handed in, once."""

    name = "agent"

    def __init__(self) -> None:
        self._work: Work | None = None

    def hand_in(self, work: Work) -> None:
        self._work = work

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:  # noqa: ARG002 - whoever hands in decides
        work, self._work = self._work, None
        if work is None:
            return NoProposal("nothing was handed in")
        texts = {**pool.members[work.parent].candidate.texts, work.component.name: work.text}
        return Proposal(Candidate(texts, (work.parent,), self.name), work.gate)
