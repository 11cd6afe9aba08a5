"""Who is changed next: the parent by its share of the front, the component in turn."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from kernel_gepa.domain.candidate import CandidateId, Component
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.search.pareto import Prune, cover


def pick_parent(pool: Pool, rng: Random, prune: Prune = cover) -> CandidateId:
    """With probability proportional to the cells held after pruning (GEPA, algorithm 2, lines 13-14)."""
    held = prune(pool)
    return rng.choices(list(held), weights=list(held.values()))[0]


def next_component(pool: Pool, parent: CandidateId, tasks: Sequence[Task] | None = None) -> Component:
    """Whose turn it is for `parent` (GEPA, algorithm 1, line 8). The pool moves the pointer when the event comes.

    With `tasks`, a component that affects none of them is passed over. Raises ValueError when all are.
    """
    start = pool.picks[parent]
    for component in (*pool.components[start:], *pool.components[:start]):
        if tasks is None or any(component.covers(t.id) for t in tasks):
            return component
    raise ValueError("no component of the program affects any of the feedback tasks; give it tasks in their scope")
