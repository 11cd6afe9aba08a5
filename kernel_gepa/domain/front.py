"""Who is best at what: for every cell, the candidates that nobody beats there by more than the noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf

from kernel_gepa.domain.candidate import CandidateId
from kernel_gepa.domain.evaluation import UNSOLVED, Cell, Evaluation
from kernel_gepa.domain.timing import Estimate

# The mean score, and of equal means the earlier admitted: (mean, -id).
Standing = tuple[float, int]
Stands = Callable[[CandidateId], Standing]


@dataclass(frozen=True, slots=True)
class Holders:
    """The front of one cell. `bar` is the highest lower bound of any member: who cannot reach it does not hold it.

    The bar only rises, so who is out stays out, and a new member is all there is to look at. With exact numbers
    these are the candidates of the maximum (GEPA, algorithm 2, the sets P*[i]). `strongest` is who stands best on the
    whole: thousands may hold a cell, and pruning asks for this one only.
    """

    bar: float
    estimates: Mapping[CandidateId, Estimate]  # in order of admission
    strongest: Standing

    @property
    def leader(self) -> CandidateId:
        """Who has the best point value of all members: nobody above the bar is left out of `estimates`."""
        return max(self.estimates, key=lambda who: self.estimates[who].value)

    @property
    def record(self) -> Estimate:
        return self.estimates[self.leader]

    def joined(self, who: CandidateId, estimate: Estimate, stands: Stands) -> Holders:
        if estimate.high < self.bar:
            return self
        estimates = {**self.estimates, who: estimate}
        if estimate.low <= self.bar:
            return Holders(self.bar, estimates, max(self.strongest, stands(who)))
        within = {w: e for w, e in estimates.items() if e.high >= estimate.low}
        return Holders(estimate.low, within, max(map(stands, within)))


Front = Mapping[Cell, Holders]

NOBODY = Holders(-inf, {}, (-inf, 0))


def extended(front: Front, who: CandidateId, evaluations: Iterable[Evaluation], stands: Stands) -> Front:
    """The front after `who` was admitted. The staged cell of a task goes when the first member solves the task."""
    cells = dict(front)
    solved = {task for task, workload in front if workload != UNSOLVED}
    for evaluation in evaluations:
        task = evaluation.task
        if evaluation.solved:
            cells.pop((task, UNSOLVED), None)
        elif task in solved:
            continue
        for workload, estimate in evaluation.cells.items():
            cells[task, workload] = cells.get((task, workload), NOBODY).joined(who, estimate, stands)
    return cells


def cells_held(front: Front, kept: Iterable[CandidateId]) -> Mapping[CandidateId, int]:
    """How many cells each of `kept` holds (GEPA, algorithm 2, line 13)."""
    held = Counter(dict.fromkeys(sorted(kept), 0))
    for holders in front.values():
        held.update(held.keys() & holders.estimates.keys())
    return held


def refuse_wild_numbers(evaluations: Iterable[Evaluation]) -> None:
    """A NaN compares false with everything and would hold a cell for ever, so it is stopped here. Raises ValueError."""
    for evaluation in evaluations:
        for workload, e in (("score", evaluation.score), *evaluation.cells.items()):
            if not -inf < e.low <= e.value <= e.high < inf:
                raise ValueError(
                    f"cell ({evaluation.task}, {workload}) holds {e}: an estimate needs finite numbers in the order "
                    "low <= value <= high; the judge or the score made it"
                )
