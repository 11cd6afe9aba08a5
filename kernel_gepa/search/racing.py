"""Validation by racing: an admitted child is run on the Pareto tasks a few at a time, and not where it has no chance.

The prospects come from what it changed so far: from the ratios between the child and its parent on the tasks that both
solved follows, with 95 %, the most that it will make of the parent's speedup on the next task. A cell whose bar lies
above that is lost, and a task of which every cell is lost is skipped: not run, and nothing is known of it. Nothing is
skipped before three tasks have spoken, nor where the parent did not solve the task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, log, sqrt
from statistics import fmean, stdev

from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import Batch, Evaluation
from kernel_gepa.domain.pool import Member, Pool
from kernel_gepa.domain.task import Task, TaskId
from kernel_gepa.ports import Evaluate
from kernel_gepa.search.minibatch import SIZE
from kernel_gepa.statistics import T_95

LEAST_TO_FORESEE = 3


def raced(child: Candidate, pool: Pool, gate: Sequence[Task], tasks: Sequence[Task], evaluate: Evaluate) -> Batch:
    """The child on all tasks where it may hold a cell, in the order of `tasks`. Known ones cost nothing and are first:
    those of its gate, and those whose texts are a parent's.
    """
    met = {t.id for t in gate}
    parents = [pool.members[p] for p in child.parents]
    known = [t for t in tasks if t.id in met or _unchanged(child, parents, pool, t)]
    found = {e.task: e for e in evaluate(child, known)}
    waiting = [t for t in tasks if t.id not in found]
    while waiting:
        ahead = {t.id: _prospects(t.id, found, parents, pool) for t in waiting}
        waiting = sorted((t for t in waiting if ahead[t.id] >= 0), key=lambda t: -ahead[t.id])
        leg, waiting = waiting[:SIZE], waiting[SIZE:]
        found |= {e.task: e for e in evaluate(child, leg)}
    return tuple(found[t.id] for t in tasks if t.id in found)


def _unchanged(child: Candidate, parents: Sequence[Member], pool: Pool, task: Task) -> bool:
    print_ = child.fingerprint(pool.components, task.id)
    return any(
        task.id in p.evaluations and p.candidate.fingerprint(pool.components, task.id) == print_ for p in parents
    )


def _prospects(task: TaskId, found: Mapping[TaskId, Evaluation], parents: Sequence[Member], pool: Pool) -> float:
    """By how much (in logarithms) the child may at best rise above the bar of some cell of the task; below 0, lost."""
    best = -inf
    for parent in parents:
        theirs = parent.evaluations.get(task)
        if theirs is None or not theirs.solved:
            return inf
        gain = _most_to_gain(found, parent)
        for workload, estimate in theirs.cells.items():
            holders = pool.front.get((task, workload))
            bar = holders.bar if holders else 0.0
            best = max(best, inf if min(bar, estimate.value) <= 0 else log(estimate.value) + gain - log(bar))
    return best if parents else inf


def _most_to_gain(found: Mapping[TaskId, Evaluation], parent: Member) -> float:
    """The upper end of the 95 % prediction interval for one more task, in logarithms of the ratio to the parent."""
    gains = []
    for task, mine in found.items():
        theirs = parent.evaluations.get(task)
        if theirs is not None and theirs.key != mine.key and theirs.solved and mine.solved:
            pairs = [(mine.cells[w].value, theirs.cells[w].value) for w in mine.cells.keys() & theirs.cells.keys()]
            if pairs and all(a > 0 and b > 0 for a, b in pairs):
                gains.append(fmean(log(a / b) for a, b in pairs))
    count = len(gains)
    if count < LEAST_TO_FORESEE:
        return inf
    t = T_95[min(count - 1, len(T_95)) - 1]
    return fmean(gains) + t * stdev(gains) * sqrt(1 + 1 / count)
