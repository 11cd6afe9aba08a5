"""The gate: has a child earned a place in the pool? A claim about measurements, so the noise has a say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kernel_gepa.domain.evaluation import Batch, Cell
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.timing import Estimate, total
from kernel_gepa.ports import Evaluate, Proposal


@dataclass(frozen=True, slots=True)
class Passage:
    """The gate's answer; `reason` names the numbers.

    `seen` is the child on the minibatch. Where a record was measured again, the second measurement (`again`) stands
    for the first, which was only looked at because it was good.
    """

    admitted: bool
    reason: str
    seen: Batch
    again: Batch = ()


def strictly_better(before: Iterable[Estimate], after: Iterable[Estimate]) -> bool:
    """Is the sum larger beyond the noise? Equal is not better (GEPA, algorithm 1, line 14: "if σ' improved")."""
    return total(after).measurably_better(total(before))


def gate(proposal: Proposal, pool: Pool, evaluate: Evaluate) -> Passage:
    """Admits a child that beats its best parent on the minibatch, or sets a record that a second measurement confirms.

    A record in one cell may come with losses in others: the front is kept per cell, and so is what earns a place.
    """
    seen = evaluate(proposal.child, proposal.gate)
    mine, rival = _scores(seen), _best_parent(proposal, pool, evaluate)
    compared = f"{_shown(total(mine))} on {', '.join(t.id for t in proposal.gate) or 'no task'} against {rival}"
    if strictly_better(rival.scores, mine):
        return Passage(True, f"measurably better: {compared}", seen)

    claims = _records(pool, seen)
    if not claims:
        return Passage(False, f"not measurably better: {compared}", seen)

    claimed = {task for task, _ in claims}
    again = evaluate(proposal.child, [t for t in proposal.gate if t.id in claimed], again=1)
    confirmed = {cell: e for cell, e in _records(pool, again).items() if cell in claims}
    seen = in_place(seen, again)
    if confirmed:
        return Passage(True, f"a record, measured twice: {_told(confirmed, pool)}", seen, again)
    return Passage(False, f"not measurably better: {compared}; not again a record: {_told(claims, pool)}", seen, again)


def in_place(batch: Batch, again: Batch) -> Batch:
    """`batch` with the second measurements where there are any."""
    second = {e.task: e for e in again}
    return tuple(second.get(e.task, e) for e in batch)


@dataclass(frozen=True, slots=True)
class _Rival:
    name: str
    scores: tuple[Estimate, ...]

    def __str__(self) -> str:
        return f"{_shown(total(self.scores))} of {self.name}"


def _best_parent(proposal: Proposal, pool: Pool, evaluate: Evaluate) -> _Rival:
    """Of several parents (a merge) the child has to beat the better one."""
    rivals = [
        _Rival(f"candidate {p}", _scores(evaluate(pool.members[p].candidate, proposal.gate)))
        for p in proposal.child.parents
    ]
    return max(rivals, key=lambda r: total(r.scores).value, default=_Rival("nobody", ()))


def _records(pool: Pool, batch: Batch) -> Mapping[Cell, Estimate]:
    cells = {(e.task, workload): estimate for e in batch for workload, estimate in e.cells.items()}
    return {cell: estimate for cell, estimate in cells.items() if pool.is_record(cell, estimate)}


def _scores(batch: Batch) -> tuple[Estimate, ...]:
    return tuple(e.score for e in batch)


def _told(records: Mapping[Cell, Estimate], pool: Pool) -> str:
    """The first of them, with what it has to beat."""
    (task, workload), estimate = next(iter(records.items()))
    old = pool.front.get((task, workload))
    before = f"the best was {_shown(old.record)}" if old else "nobody had solved it"
    return f"{task} at {workload} {_shown(estimate)}, {before}"


def _shown(estimate: Estimate) -> str:
    noise = max(estimate.value - estimate.low, estimate.high - estimate.value)
    return f"{estimate.value:.4g} ± {noise:.2g}" if noise else f"{estimate.value:.4g}"
