"""Program, judge and memory in one call: what the search knows as `Evaluate`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from kernel_gepa.domain.budget import Ledger, Spend
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import Batch, Evaluation, Rollout
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.judging.score import cells, score
from kernel_gepa.ports import Judge, Program

Feedback: TypeAlias = Callable[[Verdict, Task, str], str]

FIRST = Spend(rollouts=1, evaluations=1)
AGAIN = Spend(evaluations=1)  # the same kernel, measured once more


class Memory:
    """Evaluations by key, and who pays for them.

    `known` are the facts of this run. Those of them that are `unsettled` were bought by a step that never ended: they
    are charged when that step is taken again, so that it spends what it would have spent. `elsewhere` are verdicts of
    other runs: free, and facts of this run from their first use on.
    """

    def __init__(
        self,
        known: Mapping[str, Evaluation] | None = None,
        *,
        unsettled: Collection[str] = (),
        elsewhere: Mapping[str, Evaluation] | None = None,
        on_fact: Callable[[Evaluation], None] = lambda _: None,
    ) -> None:
        self._known = dict(known or {})
        self._elsewhere = elsewhere or {}
        self._unsettled = set(unsettled).difference(self._elsewhere)
        self._on_fact = on_fact

    def owed(self, key: str) -> bool:
        return key in self._unsettled or (key not in self._known and key not in self._elsewhere)

    def recall(self, key: str) -> Evaluation | None:
        self._unsettled.discard(key)
        if key not in self._known and key in self._elsewhere:
            self.learn(self._elsewhere[key])
        return self._known.get(key)

    def learn(self, evaluation: Evaluation) -> None:
        """The journal is told first: nobody acts on what a crash could still forget."""
        self._on_fact(evaluation)
        self._known[evaluation.key] = evaluation


class Evaluator:
    """Raises BudgetSpent before any work when it needs more rollouts than are left. What was evaluated stays known
    whatever happens next. Raises what the program's models and the judge raise.
    """

    def __init__(
        self, program: Program, judge: Judge, feedback: Feedback, *, ledger: Ledger, memory: Memory | None = None
    ) -> None:
        self._program = program
        self._judge = judge
        self._feedback = feedback
        self._ledger = ledger
        self._memory = memory or Memory()

    def __call__(self, candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        price = AGAIN if again else FIRST
        rollouts = [e.rollout for e in self(candidate, tasks)] if again else [None] * len(tasks)
        keys = [self._key(candidate, task, again) for task in tasks]
        owed = {key for key in keys if self._memory.owed(key)}
        self._ledger.reserve(sum([price] * len(owed), Spend()))
        batch = []
        for key, task, rollout in zip(keys, tasks, rollouts, strict=True):
            evaluation = self._memory.recall(key)
            if evaluation is None:
                evaluation = self._judged(key, rollout or self._program.generate(candidate.texts, task), task)
                self._memory.learn(evaluation)
            if key in owed:
                owed.discard(key)
                self._ledger.charge(price)
            batch.append(evaluation)
        return tuple(batch)

    def _judged(self, key: str, rollout: Rollout, task: Task) -> Evaluation:
        verdict = self._judge.judge(rollout.kernel, task)
        said = self._feedback(verdict, task, rollout.kernel)
        return Evaluation(key, task.id, rollout, verdict, score(verdict), said, cells(verdict))

    def _key(self, candidate: Candidate, task: Task, again: int) -> str:
        texts = candidate.fingerprint(self._program.components, task.id)
        parts = (texts, task.fingerprint, self._judge.fingerprint, again)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
