"""Small tasks, verdicts and pools for tests and benchmarks of the search, where no kernel is ever run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.evaluation import UNSOLVED, Evaluation, Rollout
from kernel_gepa.domain.events import Admitted
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Form, Task, TaskId, Tolerance, Workload
from kernel_gepa.domain.timing import Estimate, Measurement, geometric_mean
from kernel_gepa.domain.verdict import Correct, Incorrect, Mismatch


def task(name: TaskId, *, kernel: str = "start", workloads: Sequence[str] = ("w",)) -> Task:
    sizes = tuple(Workload(w, (), ()) for w in workloads)
    return Task(name, f"compute {name}", Form.NATIVE, f"reference of {name}", kernel, sizes, Tolerance(0.0, 0.0))


def correct(speedups: Mapping[str, Estimate | float]) -> Correct:
    """A correct kernel with these speedups; a plain number is exact."""
    return Correct(tuple(Measurement(w, "start", _estimate(s), 1.0, 1.0, ()) for w, s in speedups.items()))


def evaluation(task: TaskId, cells: Mapping[str, Estimate | float]) -> Evaluation:
    """Solved with these values in its cells, or `{UNSOLVED: staged score}`."""
    estimates = {workload: _estimate(value) for workload, value in cells.items()}
    if UNSOLVED in estimates:
        wrong = Incorrect((Mismatch("w", "differs"),))
        return Evaluation(f"{task}:wrong", task, Rollout(""), wrong, estimates[UNSOLVED], "", estimates)
    average = next(iter(estimates.values())) if len(estimates) == 1 else geometric_mean(estimates.values())
    return Evaluation(f"{task}:{cells}", task, Rollout(""), correct(estimates), average, "", estimates)


def admitted(text: str, *evaluations: Evaluation, parents: tuple[int, ...] = ()) -> Admitted:
    return Admitted(Candidate({"text": text}, parents), evaluations, "for the test")


def pool_of(scores: Sequence[Sequence[float | None]]) -> Pool:
    """One member per row and one solved task per column; None where a member did not run a task."""
    pool = Pool((Component("text", ""),))
    for who, row in enumerate(scores):
        known = (evaluation(str(t), {"w": s}) for t, s in enumerate(row) if s is not None)
        pool = pool.apply(admitted(f"text {who}", *known))
    return pool


def _estimate(value: Estimate | float) -> Estimate:
    return value if isinstance(value, Estimate) else Estimate.exact(value)
