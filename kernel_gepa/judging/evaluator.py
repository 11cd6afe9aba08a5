"""Program, judge and memory in one call: what the search knows as `Evaluate`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock
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
    """Evaluations by key. Any number of threads may ask: what one of them is making the others wait for.

    `known` are the facts of this run, paid for by its steps. `elsewhere` are verdicts of other runs: free, and facts
    of this run from their first use on.
    """

    def __init__(
        self,
        known: Mapping[str, Evaluation] | None = None,
        *,
        elsewhere: Mapping[str, Evaluation] | None = None,
        on_fact: Callable[[Evaluation], None] = lambda _: None,
    ) -> None:
        self._known = dict(known or {})
        self._elsewhere = elsewhere or {}
        self._on_fact = on_fact
        self._lock = Lock()
        self._making: dict[str, Lock] = {}

    def free(self, key: str) -> bool:
        return key in self._elsewhere

    def found(self, key: str, make: Callable[[], Evaluation]) -> tuple[Evaluation, bool]:
        """The evaluation, and whether it had to be made. The journal is told before anybody acts on it, so that
        nobody acts on what a crash could still forget.
        """
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            if key in self._known:
                return self._known[key], False
            made = key not in self._elsewhere
            evaluation = make() if made else self._elsewhere[key]
            with self._lock:
                self._on_fact(evaluation)
                self._known[key] = evaluation
            return evaluation, made


class Evaluator:
    """Raises BudgetSpent before any work when it needs more rollouts than are left. What was evaluated stays known
    whatever happens next. Raises what the program's models and the judge raise.

    `together` kernels at most are made and judged at a time, of all the threads that ask; the judge sees to it that
    what is timed is timed alone.
    """

    def __init__(
        self,
        program: Program,
        judge: Judge,
        feedback: Feedback,
        *,
        ledger: Ledger,
        memory: Memory | None = None,
        together: int = 1,
    ) -> None:
        self._program = program
        self._judge = judge
        self._feedback = feedback
        self._ledger = ledger
        self._memory = memory or Memory()
        self._threads = ThreadPoolExecutor(together) if together > 1 else None

    def __call__(self, candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        rollouts = [e.rollout for e in self(candidate, tasks)] if again else [None] * len(tasks)
        price = AGAIN if again else FIRST
        wanted = {self._key(candidate, t, again): (t, r) for t, r in zip(tasks, rollouts, strict=True)}
        owed = {key for key in wanted if self._ledger.owes(key) and not self._memory.free(key)}
        self._ledger.reserve(sum([price] * len(owed), Spend()))

        def evaluated(key: str) -> Evaluation:
            task, rollout = wanted[key]

            def make() -> Evaluation:
                return self._judged(key, rollout or self._program.generate(candidate.texts, task), task)

            if key not in owed:
                return self._memory.found(key, make)[0]
            with self._ledger.buying(key):
                evaluation, made = self._memory.found(key, make)
                if not made and not again:  # a new one was charged by the model, call by call
                    self._ledger.charge(evaluation.rollout.spend)
                self._ledger.charge(price)
            return evaluation

        found = dict(zip(wanted, self._all(evaluated, list(wanted)), strict=True))
        return tuple(found[self._key(candidate, task, again)] for task in tasks)

    def _all(self, evaluated: Callable[[str], Evaluation], keys: Sequence[str]) -> list[Evaluation]:
        """In their order. Where one of them fails the others are finished first: what they cost is paid."""
        if self._threads is None or len(keys) < 2:
            return [evaluated(key) for key in keys]
        waiting = [self._threads.submit(copy_context().run, evaluated, key) for key in keys]
        failed = [error for future in waiting if (error := future.exception()) is not None]
        if failed:
            raise failed[0]
        return [future.result() for future in waiting]

    def _judged(self, key: str, rollout: Rollout, task: Task) -> Evaluation:
        verdict = self._judge.judge(rollout.kernel, task)
        said = self._feedback(verdict, task, rollout.kernel)
        return Evaluation(key, task.id, rollout, verdict, score(verdict), said, cells(verdict))

    def _key(self, candidate: Candidate, task: Task, again: int) -> str:
        texts = candidate.fingerprint(self._program.components, task.id)
        parts = (texts, task.fingerprint, self._judge.fingerprint, again)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
