"""Killing a run at any moment and taking it up again gives the run that would have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.judging.evaluator import Evaluator, Memory
from kernel_gepa.ports import Program, Store
from kernel_gepa.programs.literal import Literal
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.store.records import EVALUATION, decision, fact, header, read_back
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.memory import MemoryStore
from kernel_gepa.testing.toys import task
from kernel_gepa.testing.world import Crosser, Scribbler, Shared, verdict

TASKS = tuple(task(name, kernel="?", workloads=("v", "w")) for name in ("a", "b", "ab"))
PROGRAMS: Mapping[str, Program] = {"kernels": Literal.over(TASKS), "prompts": Shared()}


class KilledError(Exception):
    pass


class Mortal:
    """A store whose process dies right after the n-th record was written."""

    def __init__(self, store: Store, life: int) -> None:
        self._store = store
        self._life = life

    def append(self, record: Mapping[str, object]) -> None:
        self._store.append(record)
        self._life -= 1
        if self._life == 0:
            raise KilledError

    def records(self) -> Sequence[Mapping[str, object]]:
        return self._store.records()


def play(store: Store, program: Program, *, rollouts: int = 24, seed: int = 3) -> Stopped:
    """What a composition root does, start or resume alike."""
    if not store.records():
        store.append(header({"seed": seed}))
    recorded = read_back(store.records())

    def write(evaluation: Evaluation) -> None:
        store.append(fact(EVALUATION, evaluation))

    ledger = Ledger(Budget(rollouts=rollouts))
    memory = Memory(recorded.evaluations, unsettled=recorded.unsettled, on_fact=write)
    evaluate = Evaluator(program, ScriptedJudge(verdict), lambda v, t, k: f"{t.id}: {k}", ledger=ledger, memory=memory)
    proposers = (Scribbler(evaluate, TASKS, ledger), Crosser(TASKS))
    rules = Rules(seed=seed, clock=lambda: 0.0, patience=30)
    history = recorded.history
    steps = search(program.components, TASKS, evaluate, proposers, ledger=ledger, rules=rules, history=history)
    for number, step in enumerate(steps, start=len(history)):
        if isinstance(step, Stopped):
            return step
        store.append(decision(number, step))
    raise AssertionError("the search ended without a reason")


@pytest.mark.parametrize("use", PROGRAMS)
def test_a_run_killed_after_any_record_and_resumed_is_the_run_that_was_not_killed(use: str) -> None:
    whole = MemoryStore()
    stopped = play(whole, PROGRAMS[use])
    assert len(whole.records()) > 30
    for life in range(1, len(whole.records()) + 1):
        store = MemoryStore()
        with pytest.raises(KilledError):
            play(Mortal(store, life), PROGRAMS[use])
        assert play(store, PROGRAMS[use]) == stopped
        assert store.records() == whole.records()


@pytest.mark.parametrize("use", PROGRAMS)
def test_a_run_killed_again_and_again_still_ends_as_it_would_have(use: str) -> None:
    whole, store = MemoryStore(), MemoryStore()
    stopped = play(whole, PROGRAMS[use])
    deaths = 0
    while True:
        try:
            assert play(Mortal(store, 2), PROGRAMS[use]) == stopped
            break
        except KilledError:
            deaths += 1
    assert deaths > 15
    assert store.records() == whole.records()


def test_a_run_that_the_budget_ended_goes_on_when_there_is_more_to_spend() -> None:
    """Also when the budget ended in the middle of a step: what that step had paid for is not paid for again."""
    whole = MemoryStore()
    play(whole, PROGRAMS["prompts"], rollouts=30)
    for first in range(3, 30):
        store = MemoryStore()
        play(store, PROGRAMS["prompts"], rollouts=first)
        play(store, PROGRAMS["prompts"], rollouts=30)
        assert store.records() == whole.records()


def test_the_same_seed_is_the_same_run_and_another_seed_another() -> None:
    runs = []
    for seed in (3, 3, 4):
        store = MemoryStore()
        play(store, PROGRAMS["kernels"], seed=seed)
        runs.append(store.records()[1:])
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
