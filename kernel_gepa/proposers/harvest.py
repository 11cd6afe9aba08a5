"""Harvest: writes the best correct kernels of the run back into the texts of a parent, whoever wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.pool import Member, Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.ports import NoProposal, Proposal
from kernel_gepa.proposers.offers import PickParent
from kernel_gepa.search.minibatch import SIZE


@dataclass(frozen=True, slots=True)
class Harvest:
    """Asks no model. A parent gets, for every task, the kernel of which most can be claimed, if that is measurably
    better than what the parent itself came to there; of several such tasks a few, drawn by chance, are the gate.

    Also kernels of declined candidates are ripe: a rollout that was worse on the whole may have one that is best.
    """

    pick_parent: PickParent
    tasks: Sequence[Task]
    name: ClassVar[str] = "harvest"

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        who = self.pick_parent(pool, rng)
        parent = pool.members[who]
        ripe = [(task, best) for task in self.tasks if (best := better_kernel(pool, parent, task))]
        texts = {**parent.candidate.texts, **{f"kernel@{t.id}": best.rollout.kernel for t, best in ripe}}
        child = Candidate(texts, (who,), f"{self.name}({', '.join(t.id for t, _ in ripe)})")
        if not ripe or pool.fate(child):
            # Of nobody's: the turn goes to the next proposer, and the parent's pointer stays where it is.
            return NoProposal(f"candidate {who} carries the best kernels already, or was given them before")
        return Proposal(child, tuple(rng.sample([t for t, _ in ripe], min(SIZE, len(ripe)))))


def better_kernel(pool: Pool, parent: Member, task: Task) -> Evaluation | None:
    """The best correct kernel known for a task, if it is news to this parent."""
    best, own = pool.best_known.get(task.id), parent.evaluations.get(task.id)
    carried = parent.candidate.texts.get(f"kernel@{task.id}")
    if best is None or carried is None or carried == best.rollout.kernel or not isinstance(best.verdict, Correct):
        return None
    if own is not None and own.rollout.kernel == carried and not best.score.measurably_better(own.score):
        return None
    return best
