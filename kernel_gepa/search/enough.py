"""When nothing is left to search for: the best kernel of every task is as fast as the machine is thought to allow.

The bound is an estimate, so this is a rule to end a run by and no proof; it can be switched off.
"""

from __future__ import annotations

from collections.abc import Sequence

from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Correct

ENOUGH = 0.95  # of the estimated bound, on every workload


def at_the_bound(pool: Pool, tasks: Sequence[Task], share: float = ENOUGH) -> str | None:
    """The sentence that ends the run, or None: some workload is slower, inconclusive, or without a bound."""
    reached = [_least_share(pool.best_known.get(task.id)) for task in tasks]
    if not reached or any(r is None or r < share for r in reached):
        return None
    least = min(r for r in reached if r is not None)
    whose = "the best kernel" if len(tasks) == 1 else "the best kernel of every task"
    return f"{whose} reaches {least:.0%} of its estimated bound or more on every workload: hardly anything is left"


def _least_share(known: Evaluation | None) -> float | None:
    """The smallest peak fraction over the workloads; None where one is not known, or not conclusive."""
    if known is None or not isinstance(known.verdict, Correct) or known.verdict.inconclusive:
        return None
    shares = [m.peak_fraction for m in known.verdict.measurements]
    found = [s for s in shares if s is not None]
    return min(found) if found and len(found) == len(shares) else None
