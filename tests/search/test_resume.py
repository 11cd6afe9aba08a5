"""Killing a run at any moment and taking it up again gives the run that would have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

import pytest

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.judging.evaluator import Evaluator, Memory
from kernel_gepa.ports import Program, Store
from kernel_gepa.programs.literal import Literal
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.search.rounds import round_of
from kernel_gepa.store.records import EVALUATION, decision, fact, header, read_back
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.memory import MemoryStore
from kernel_gepa.testing.toys import task
from kernel_gepa.testing.world import Both, Crosser, Scribbler, Shared, verdict

TASKS = tuple(task(name, kernel="?", workloads=("v", "w")) for name in ("a", "b", "ab"))
PROGRAMS: Mapping[str, Program] = {"kernels": Literal.over(TASKS), "prompts": Shared(), "both": Both.over(TASKS)}


class KilledError(Exception):
    pass


class Mortal:
    """A store whose process dies right after the n-th record was written: no thread of it writes another."""

    def __init__(self, store: Store, life: int) -> None:
        self._store = store
        self._life = life
        self._lock = Lock()

    def append(self, record: Mapping[str, object]) -> None:
        with self._lock:
            if self._life:
                self._store.append(record)
                self._life -= 1
            if not self._life:
                raise KilledError

    def records(self) -> Sequence[Mapping[str, object]]:
        return self._store.records()


def play(store: Store, program: Program, *, rollouts: int = 24, seed: int = 3, width: int = 1) -> Stopped:
    """What a composition root does, start or resume alike."""
    if not store.records():
        store.append(header({"seed": seed}))
    recorded = read_back(store.records())

    def write(evaluation: Evaluation) -> None:
        store.append(fact(EVALUATION, evaluation))

    bought = recorded.bought(round_of(len(recorded.history), width).start)
    ledger = Ledger(Budget(rollouts=rollouts), bought=bought)
    memory = Memory(recorded.evaluations, on_fact=write)
    evaluate = Evaluator(program, ScriptedJudge(verdict), lambda v, t, k: f"{t.id}: {k}", ledger=ledger, memory=memory)
    proposers = (Scribbler(evaluate, TASKS, ledger), Crosser(TASKS))
    rules = Rules(seed=seed, width=width, clock=lambda: 0.0, patience=30)
    history = recorded.history
    steps = search(program.components, TASKS, evaluate, proposers, ledger=ledger, rules=rules, history=history)
    for number, step in enumerate(steps, start=len(history)):
        if isinstance(step, Stopped):
            return step
        store.append(decision(number, step))
    raise AssertionError("the search ended without a reason")


def decisions(store: MemoryStore) -> list[Mapping[str, object]]:
    """Facts are written by several threads, in the order in which they were found."""
    return [record for record in store.records() if record["kind"] != EVALUATION]


@pytest.mark.parametrize("width", [1, 4])
@pytest.mark.parametrize("use", PROGRAMS)
def test_a_run_killed_after_any_record_and_resumed_is_the_run_that_was_not_killed(use: str, width: int) -> None:
    whole = MemoryStore()
    stopped = play(whole, PROGRAMS[use], width=width)
    assert len(whole.records()) > 30
    for life in range(1, len(whole.records()) + 1):
        store = MemoryStore()
        with pytest.raises(KilledError):
            play(Mortal(store, life), PROGRAMS[use], width=width)
        assert play(store, PROGRAMS[use], width=width) == stopped
        assert decisions(store) == decisions(whole)
        assert len(store.records()) == len(whole.records())
        if width == 1:
            assert store.records() == whole.records()


@pytest.mark.parametrize("width", [1, 4])
@pytest.mark.parametrize("use", PROGRAMS)
def test_a_run_killed_again_and_again_still_ends_as_it_would_have(use: str, width: int) -> None:
    whole, store = MemoryStore(), MemoryStore()
    stopped = play(whole, PROGRAMS[use], width=width)
    deaths = 0
    while True:
        try:
            assert play(Mortal(store, 2), PROGRAMS[use], width=width) == stopped
            break
        except KilledError:
            deaths += 1
    assert deaths > 10
    assert decisions(store) == decisions(whole)


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
