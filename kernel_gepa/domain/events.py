"""Decisions of the search: one event per step. A pool is a fold over them."""

from __future__ import annotations

from dataclasses import dataclass

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.candidate import Candidate, CandidateId
from kernel_gepa.domain.evaluation import Batch
from kernel_gepa.domain.task import TaskId


@dataclass(frozen=True, slots=True)
class Admitted:
    """`evaluations` hold one entry per Pareto task but the `skipped`, where it had no prospects: not run, and nothing
    is known of it there. `reason` is the sentence that earned the place.
    """

    child: Candidate
    evaluations: Batch
    reason: str
    spend: Spend = Spend()
    skipped: tuple[TaskId, ...] = ()


@dataclass(frozen=True, slots=True)
class Declined:
    """`evaluations` is what was seen before it was declined; empty for a repetition of a known text."""

    child: Candidate
    evaluations: Batch
    reason: str
    spend: Spend = Spend()


@dataclass(frozen=True, slots=True)
class Passed:
    """A proposer had nothing to offer for `parent` (None: for nobody)."""

    reason: str
    parent: CandidateId | None = None
    spend: Spend = Spend()


Event = Admitted | Declined | Passed
