"""A candidate: a set of named texts, each with the tasks it can affect."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel_gepa.domain.task import TaskId

CandidateId = int  # position in the pool; 0 is the seed


@dataclass(frozen=True, slots=True)
class Component:
    """One named text of a candidate, and the tasks that text can affect (None: all)."""

    name: str
    seed: str
    scope: frozenset[TaskId] | None = None

    def covers(self, task: TaskId) -> bool:
        return self.scope is None or task in self.scope


@dataclass(frozen=True, slots=True)
class Candidate:
    """`origin` says who wrote it, for people: `seed`, `tune(TILE=32)`, `transform(interchange)`, `reflect`."""

    texts: Mapping[str, str]
    parents: tuple[CandidateId, ...] = ()
    origin: str = "seed"

    def fingerprint(self, components: Sequence[Component], task: TaskId) -> str:
        """Hash of the texts that can affect `task`: equal prints, equal evaluations."""
        live = sorted((c.name, self.texts[c.name]) for c in components if c.covers(task))
        return hashlib.sha256(repr(live).encode()).hexdigest()[:16]

    @property
    def identity(self) -> str:
        return hashlib.sha256(repr(sorted(self.texts.items())).encode()).hexdigest()[:16]
