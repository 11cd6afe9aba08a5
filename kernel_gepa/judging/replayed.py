"""A judge that measures nothing: it repeats the verdicts of a recorded run, so that the run can be decided again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.errors import InfrastructureError

ADVICE = "use the same seed, proposers and budget as the run that was recorded"


class Replayed:
    """The n-th question about a kernel gets the n-th verdict that was recorded for it, and a miss is an error.

    `known` are the evaluations that the resumed run has already: their verdicts have been given out.
    """

    def __init__(self, recorded: Iterable[Evaluation], fingerprint: str, *, known: Iterable[Evaluation] = ()) -> None:
        self.fingerprint = fingerprint
        self._verdicts: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
        for evaluation in recorded:
            self._verdicts[evaluation.task, evaluation.rollout.kernel].append(evaluation.verdict)
        for evaluation in known:
            verdicts = self._verdicts[evaluation.task, evaluation.rollout.kernel]
            if verdicts:
                verdicts.pop(0)

    def judge(self, kernel: str, task: Task) -> Verdict:
        verdicts = self._verdicts.get((task.id, kernel))
        if not verdicts:
            raise InfrastructureError(f"the recorded run holds no further verdict on a kernel of {task.id}; {ADVICE}")
        return verdicts.pop(0)


def unrecorded(kernel: str, task: Task) -> Verdict | None:
    """A check of what the recorded run never checked."""
    raise InfrastructureError(
        f"the recorded run never checked this kernel of {task.id}, {len(kernel)} characters long; {ADVICE}"
    )
