"""Every admitted candidate with its evaluations: a fold over the events of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kernel_gepa.domain.candidate import Candidate, CandidateId, Component
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.events import Declined
from kernel_gepa.domain.task import TaskId


@dataclass(frozen=True, slots=True)
class Member:
    """One admitted candidate. `evaluations` may be sparse: a task is only known to those who ran it."""

    id: CandidateId
    candidate: Candidate
    evaluations: Mapping[TaskId, Evaluation]


@dataclass(frozen=True)
class Pool:
    components: Sequence[Component]
    members: tuple[Member, ...] = ()
    declined: tuple[Declined, ...] = ()  # in order; the memory of failure
    picks: Mapping[CandidateId, int] = field(default_factory=dict)  # round-robin pointer per candidate
