from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.candidate import Component
from kernel_gepa.search.minibatch import minibatch
from kernel_gepa.testing.toys import task

TASKS = tuple(task(str(i)) for i in range(12))


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 99), st.integers(0, 50))
def test_an_epoch_shows_every_task_and_no_minibatch_shows_one_twice(
    tasks: int, size: int, seed: int, epoch: int
) -> None:
    length = -(-tasks // size)
    turns = range(epoch * length, (epoch + 1) * length)
    batches = [[t.id for t in minibatch(TASKS[:tasks], seed=seed, turn=turn, size=size)] for turn in turns]
    assert all(len(set(batch)) == len(batch) == min(size, tasks) for batch in batches)
    seen = Counter(t for batch in batches for t in batch)
    assert len(seen) == tasks
    assert max(seen.values()) <= 2


def test_three_tasks_is_the_default() -> None:
    assert len(minibatch(TASKS, seed=0, turn=0)) == 3


def test_epochs_and_seeds_shuffle_differently() -> None:
    first = [minibatch(TASKS, seed=0, turn=turn) for turn in range(4)]
    assert first != [minibatch(TASKS, seed=0, turn=turn) for turn in range(4, 8)]
    assert first != [minibatch(TASKS, seed=1, turn=turn) for turn in range(4)]


def test_only_tasks_in_the_scope_of_the_component_are_drawn() -> None:
    scoped = Component("kernel@4", "", frozenset({"4", "7"}))
    for turn in range(9):
        assert {t.id for t in minibatch(TASKS, scoped, seed=0, turn=turn)} == {"4", "7"}


def test_with_fewer_tasks_than_its_size_a_minibatch_is_all_of_them() -> None:
    assert minibatch(TASKS[:2], seed=0, turn=5) == TASKS[:2]
