"""True Pareto dominance: a candidate goes when one single other is nowhere worse and somewhere better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from sys import float_info

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.candidate import CandidateId
from kernel_gepa.domain.evaluation import Cell
from kernel_gepa.domain.front import cells_held
from kernel_gepa.domain.pool import Member, Pool

FAILED = -float_info.max  # on a task that others solved; NaN stands for a task that it did not run


class Dominance:
    """The rule, by point values over the cells of the front, among the candidates that hold at least one.

    Equals do not dominate each other, and nobody dominates a candidate that ran a task which it did not. The answer
    depends on the pool alone. Between calls it remembers how each pair of members compares, so that the next pool of
    the same run costs one comparison with its new member.
    """

    def __init__(self) -> None:
        self._standings = NOBODY

    def __call__(self, pool: Pool) -> Mapping[CandidateId, int]:
        self._standings = self._standings.following(pool)
        holders = sorted(set().union(*(h.estimates for h in pool.front.values())))
        dominated: Sequence[bool] = np.any(self._standings.dominates(holders), axis=0)
        return cells_held(pool.front, [who for who, gone in zip(holders, dominated, strict=True) if not gone])


@dataclass(frozen=True)
class _Standings:
    """How all pairs of members compare: `better[x, y]` counts the cells, of those both ran, in which x is above y.

    Counts rather than flags, because a cell can go.
    """

    members: tuple[Member, ...]
    cells: tuple[Cell, ...]
    table: NDArray[np.float64]  # member x cell
    better: NDArray[np.int32]

    def dominates(self, among: Sequence[CandidateId]) -> NDArray[np.bool_]:
        better, ran = self.better[np.ix_(among, among)], ~np.isnan(self.table[among])
        dominates: NDArray[np.bool_] = np.logical_and(better > 0, better.T == 0)
        if not ran.all():
            dominates &= (~ran).astype(np.float32) @ ran.T.astype(np.float32) == 0
        return dominates

    def following(self, pool: Pool) -> _Standings:
        same_run = pool.members[: len(self.members)] == self.members
        standings = (self if same_run else NOBODY)._over(tuple(pool.front))
        for member in pool.members[len(standings.members) :]:
            standings = standings._with(member)
        return standings

    def _over(self, cells: tuple[Cell, ...]) -> _Standings:
        """The same members on other cells: the staged cell of a task goes when the task is solved, others come."""
        if cells == self.cells:
            return self
        stay = np.array([cell in set(cells) for cell in self.cells], dtype=bool)
        came = tuple(cell for cell in cells if cell not in set(self.cells))
        fresh = np.array([_row(m, came) for m in self.members]).reshape(len(self.members), len(came))
        better = self.better.copy()
        for column in self.table[:, ~stay].T:
            better -= column[:, None] > column[None, :]
        for column in fresh.T:
            better += column[:, None] > column[None, :]
        kept = tuple(cell for cell, stays in zip(self.cells, stay, strict=True) if stays)
        return _Standings(self.members, kept + came, np.hstack([self.table[:, stay], fresh]), better)

    def _with(self, member: Member) -> _Standings:
        n, row = len(self.members), np.array(_row(member, self.cells))
        better = np.empty((n + 1, n + 1), np.int32)
        better[:n, :n] = self.better
        better[:n, n] = (self.table > row).sum(axis=1)
        better[n, :n] = (self.table < row).sum(axis=1)
        better[n, n] = 0
        return _Standings((*self.members, member), self.cells, np.vstack([self.table, row]), better)


NOBODY = _Standings((), (), np.empty((0, 0)), np.empty((0, 0), np.int32))


def _row(member: Member, cells: Sequence[Cell]) -> list[float]:
    points, ran = member.points, member.evaluations
    return [points[c] if c in points else FAILED if c[0] in ran else nan for c in cells]
