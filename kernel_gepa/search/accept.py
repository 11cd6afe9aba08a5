"""The gate: has a child earned a place in the pool? A claim about measurements, so the noise has a say.

The rate of false admissions is a promise: of children that are in truth no better than their parent and the records,
at most this share is admitted, as far as the 95 % intervals of the measurements hold what they say. Half of it is spent
on the comparison with the parent, half on records. Whatever looks good enough is measured once more on both sides, and
only the second measurement decides: two independent looks, each with the root of the rate, let far fewer honest
improvements go than a single strict one, and what enters the pool was not chosen for its luck.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import Batch, Cell, Evaluation
from kernel_gepa.domain.pool import Member, Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import FALSE_ADMISSIONS, Estimate, total
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.ports import Evaluate, Proposal

AT_ONCE = 0.01  # the part of the rate for what is so clear that a second look would tell nothing


@dataclass(frozen=True, slots=True)
class Passage:
    """The gate's answer; `reason` names the numbers.

    `seen` is the child on the minibatch. Where it was measured again, the second measurement (`again`) stands for the
    first, which was only looked at because it was good.
    """

    admitted: bool
    reason: str
    seen: Batch
    again: Batch = ()


@dataclass(frozen=True, slots=True)
class Levels:
    """How much doubt a claim may leave, so that all of them together keep to one rate of false admissions."""

    rate: float

    @property
    def at_once(self) -> float:
        return AT_ONCE * self.rate

    @property
    def comparison(self) -> float:
        """Of each of two looks."""
        return sqrt((0.5 - AT_ONCE) * self.rate)

    def record(self, cells: int) -> float:
        """Of each of two looks, in each of so many cells: any one of them could be the lucky one."""
        return sqrt(0.5 * self.rate / max(1, cells))


def gate(proposal: Proposal, pool: Pool, evaluate: Evaluate, *, rate: float = FALSE_ADMISSIONS) -> Passage:
    """Admits a child that beats its best parent on the minibatch, or sets a record (GEPA, algorithm 1, line 14).

    A record in one cell may come with losses in others: the front is kept per cell, and so is what earns a place.
    Equal is not better.
    """
    levels, seen = Levels(rate), evaluate(proposal.child, proposal.gate)
    rival = _best_parent(proposal, pool, evaluate)
    where = ", ".join(t.id for t in proposal.gate) or "no task"
    compared = f"{_shown(total(_scores(seen)))} on {where} against {rival}"
    doubt = _doubt(seen, rival.batch)
    if doubt <= levels.at_once:
        return Passage(True, f"measurably better: {compared}", seen)
    most = levels.record(sum(len(e.cells) for e in seen))
    first = _First(seen, compared, doubt <= levels.comparison, _records(pool, seen, most), most)
    if not (first.better or first.records):
        return Passage(False, f"not measurably better: {compared}", seen)
    return _second_look(first, rival, proposal, pool, evaluate, levels)


@dataclass(frozen=True, slots=True)
class _First:
    """What the first look found: is it better than its parent, where does it set records, at most how doubtful."""

    seen: Batch
    compared: str
    better: bool
    records: Mapping[Cell, Estimate]
    most: float


@dataclass(frozen=True, slots=True)
class _Rival:
    name: str
    candidate: Candidate | None
    batch: Batch

    def __str__(self) -> str:
        return f"{_shown(total(_scores(self.batch)))} of {self.name}"


def _second_look(
    first: _First, rival: _Rival, proposal: Proposal, pool: Pool, evaluate: Evaluate, levels: Levels
) -> Passage:
    """Only tasks where the two can differ are measured again: what is one and the same evaluation stays that."""
    claimed = {task for task, _ in first.records}
    shared = {e.key for e in first.seen} & {e.key for e in rival.batch}

    def again_for(batch: Batch) -> list[Task]:
        pairs = zip(proposal.gate, batch, strict=True)
        return [t for t, e in pairs if first.better and e.key not in shared and e.score.low < e.score.high]

    noisy = again_for(first.seen)
    again = evaluate(proposal.child, [t for t in proposal.gate if t.id in claimed or t in noisy], again=1)
    seen = in_place(first.seen, again)
    confirmed = _confirmed(first, again, pool, evaluate, [t for t in proposal.gate if t.id in claimed])
    if first.better and rival.candidate is not None:
        second = in_place(rival.batch, evaluate(rival.candidate, again_for(rival.batch), again=1))
        if _doubt(seen, second, known=(first.seen, rival.batch)) <= levels.comparison:
            shown = f"{_shown(total(_scores(seen)))} against {_shown(total(_scores(second)))}"
            return Passage(True, f"measurably better: {first.compared}; measured again, {shown}", seen, again)
    if confirmed:
        return Passage(True, f"a record, measured twice: {_told(confirmed, pool)}", seen, again)
    lost = f"; not again a record: {_told(first.records, pool)}" if first.records else "; not so when measured again"
    return Passage(False, f"not measurably better: {first.compared}{lost}", seen, again)


def _confirmed(
    first: _First, again: Batch, pool: Pool, evaluate: Evaluate, tasks: Sequence[Task]
) -> Mapping[Cell, Estimate]:
    """The records that are records against a second measurement of their holders too: two looks at one and the same
    number of theirs would both be fooled by its error.
    """
    cells = {(e.task, workload): _sure(e, estimate) for e in again for workload, estimate in e.cells.items()}
    found = {}
    for cell in first.records.keys() & cells.keys():
        (task,) = (t for t in tasks if t.id == cell[0])
        holders = pool.front.get(cell)
        bar = None if holders is None else _measured_again(pool.members[holders.leader], cell, task, evaluate)
        if bar is None or cells[cell].doubt(bar) <= first.most:
            found[cell] = cells[cell]
    return dict(sorted(found.items()))


def _measured_again(holder: Member, cell: Cell, task: Task, evaluate: Evaluate) -> Estimate:
    """By another measurement than the one that the pool has of it."""
    stored = holder.evaluations[task.id]
    (found,) = evaluate(holder.candidate, [task], again=1)
    if found.key == stored.key:
        (found,) = evaluate(holder.candidate, [task], again=2)
    return found.cells.get(cell[1], stored.cells[cell[1]])


def in_place(batch: Batch, again: Batch) -> Batch:
    """`batch` with the second measurements where there are any."""
    second = {e.task: e for e in again}
    return tuple(second.get(e.task, e) for e in batch)


def strictly_better(before: Iterable[Estimate], after: Iterable[Estimate]) -> bool:
    """Is the sum larger beyond the noise? Equal is not better (GEPA, algorithm 1, line 14: "if σ' improved")."""
    return total(after).measurably_better(total(before))


def _best_parent(proposal: Proposal, pool: Pool, evaluate: Evaluate) -> _Rival:
    """Of several parents (a merge) the child has to beat the better one."""
    candidates = [(p, pool.members[p].candidate) for p in proposal.child.parents]
    rivals = [_Rival(f"candidate {p}", c, evaluate(c, proposal.gate)) for p, c in candidates]
    return max(rivals, key=lambda r: total(_scores(r.batch)).value, default=_Rival("nobody", None, ()))


def _doubt(mine: Batch, theirs: Batch, *, known: tuple[Batch, Batch] | None = None) -> float:
    """How likely noise alone shows `mine` above `theirs`. Where both are one and the same evaluation, told by the
    first looks (`known`), nothing differs and no noise counts.
    """
    ours, others = known or (mine, theirs)
    shared = {e.key for e in ours} & {e.key for e in others}
    tasks = {e.task for e in ours if e.key in shared}
    left, right = ([e for e in batch if e.task not in tasks] for batch in (mine, theirs))
    return total(_sure(e, e.score) for e in left).doubt(total(_scores(right)))


def _records(pool: Pool, batch: Batch, most: float) -> Mapping[Cell, Estimate]:
    cells = {(e.task, workload): _sure(e, estimate) for e in batch for workload, estimate in e.cells.items()}
    return {cell: estimate for cell, estimate in cells.items() if pool.doubt_of_record(cell, estimate) <= most}


def _sure(evaluation: Evaluation, estimate: Estimate) -> Estimate:
    """What it may claim for itself: of an inconclusive measurement only the least."""
    if isinstance(evaluation.verdict, Correct) and evaluation.verdict.inconclusive:
        return Estimate(estimate.low, estimate.low, estimate.high)
    return estimate


def _scores(batch: Iterable[Evaluation]) -> tuple[Estimate, ...]:
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
