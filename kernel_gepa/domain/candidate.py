"""A candidate: a set of named texts, each with the tasks it can affect."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel_gepa.domain.canonical import canonical
from kernel_gepa.domain.task import Language, TaskId

CandidateId = int  # position in the pool; 0 is the seed


@dataclass(frozen=True, slots=True)
class Component:
    """One named text of a candidate, and the tasks that text can affect (None: all).

    `language` is None for prose. It says which differences between two texts mean nothing, and how one is taken apart.
    """

    name: str
    seed: str
    scope: frozenset[TaskId] | None = None
    language: Language | None = None

    def covers(self, task: TaskId) -> bool:
        return self.scope is None or task in self.scope


@dataclass(frozen=True, slots=True)
class Candidate:
    """`origin` says who wrote it, for people: `seed`, `tune(TILE=32)`, `transform(interchange)`, `reflect`."""

    texts: Mapping[str, str]
    parents: tuple[CandidateId, ...] = ()
    origin: str = "seed"

    def fingerprint(self, components: Sequence[Component], task: TaskId) -> str:
        """Hash of what the texts that can affect `task` say: equal prints, equal evaluations."""
        live = sorted((c.name, canonical(self.texts[c.name], c.language)) for c in components if c.covers(task))
        return hashlib.sha256(repr(live).encode()).hexdigest()[:16]

    def identity(self, components: Sequence[Component]) -> str:
        """Equal for candidates whose texts differ in nothing but comments and white space."""
        languages = {c.name: c.language for c in components}
        said = sorted((name, canonical(text, languages.get(name))) for name, text in self.texts.items())
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]
