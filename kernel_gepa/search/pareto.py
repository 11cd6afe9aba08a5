"""Who may be a parent: two rules that thin out the holders of the front (GEPA, arXiv 2507.19457, algorithm 2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf
from sys import float_info

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.candidate import CandidateId
from kernel_gepa.domain.evaluation import Cell
from kernel_gepa.domain.pool import Member, Pool

# A rule answers with the survivors in order of admission, and how many cells each of them holds.
Prune = Callable[[Pool], Mapping[CandidateId, int]]


def cover(pool: Pool) -> Mapping[CandidateId, int]:
    """Drops, weakest mean first, whoever is not needed to hold any cell. The rule of the reference implementation.

    Of equal means the later one goes first, so the earliest admitted stays. The paper asks for one candidate that
    dominates (algorithm 2, line 9); here several may cover together for the one that goes.

    In each cell only the holder that would go last can be needed, and only if nobody kept so far holds it too. That
    makes one pass over the cells give what going through the candidates with counters gives.
    """
    going = sorted(_holders(pool), key=lambda who: (pool.mean(who), -who))
    place = {who: i for i, who in enumerate(going)}
    cells = [(max(h.estimates, key=place.__getitem__), h.estimates.keys()) for h in pool.front.values()]
    kept: set[CandidateId] = set()
    for last, holders in sorted(cells, key=lambda cell: place[cell[0]]):
        if kept.isdisjoint(holders):
            kept.add(last)
    return _cells_held(pool, kept)


def dominance(pool: Pool) -> Mapping[CandidateId, int]:
    """Drops whoever is dominated by one single holder: nowhere better and somewhere worse, by point values.

    Equals do not dominate each other. A task that a candidate did not run says nothing for it; one that it ran and
    failed, while others solved it, is worse than any number.
    """
    holders = sorted(_holders(pool))
    table = [_row(pool.members[who], tuple(pool.front)) for who in holders]
    return _cells_held(pool, [who for who, free in zip(holders, _undominated(table), strict=True) if free])


def _holders(pool: Pool) -> set[CandidateId]:
    return set().union(*(h.estimates for h in pool.front.values()))


def _cells_held(pool: Pool, kept: Collection[CandidateId]) -> Mapping[CandidateId, int]:
    held = dict.fromkeys(sorted(kept), 0)
    for holders in pool.front.values():
        for who in held.keys() & holders.estimates.keys():
            held[who] += 1
    return held


# ---------------------------------------------------------------- dominance, in detail

NOT_RUN = -inf  # below everything, and never a reason to call anybody better
FAILED = -float_info.max


def _row(member: Member, cells: Sequence[Cell]) -> tuple[float, ...]:
    points, ran = member.points, member.evaluations
    return tuple(points[c] if c in points else FAILED if c[0] in ran else NOT_RUN for c in cells)


def _undominated(table: Sequence[tuple[float, ...]]) -> list[bool]:
    """One look at each row, in descending order: whoever could dominate it was met before and, if itself
    dominated, so by a row that is kept. A few columns at a time, because most rivals fall at the first.
    """
    free = [True] * len(table)
    kept = np.empty((len(table), len(table[0]) if table else 0))
    count = 0
    for i in sorted(range(len(table)), key=table.__getitem__, reverse=True):
        row = np.asarray(table[i])
        rivals = _no_worse(kept[:count], row)
        free[i] = not ((rivals > row) & (row > NOT_RUN)).any()
        if free[i]:
            kept[count] = row
            count += 1
    return free


def _no_worse(rivals: NDArray[np.float64], row: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rivals that reach `row` in every column."""
    start, width = 0, 8
    while start < len(row) and len(rivals):
        block = slice(start, start + width)
        rivals = rivals[(rivals[:, block] >= row[block]).all(axis=1)]
        start, width = start + width, width * 4
    return rivals
