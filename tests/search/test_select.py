from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.events import Admitted, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.search.pareto import dominance
from kernel_gepa.search.select import next_component, pick_parent
from kernel_gepa.testing.toys import pool_of, task


def test_a_parent_is_picked_in_proportion_to_the_cells_it_holds() -> None:
    pool = pool_of([[0.0] * 4, [1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    picked = Counter(pick_parent(pool, Random(i)) for i in range(2000))
    assert set(picked) == {1, 2}
    assert 0.70 < picked[1] / 2000 < 0.80


def test_the_pruning_rule_decides_who_can_be_picked() -> None:
    pool = pool_of([[1.0, 1.0, 0.0, 0.0], [1.0, 0.4, 0.9, 0.9], [0.4, 1.0, 0.8, 1.0]])
    assert {pick_parent(pool, Random(i)) for i in range(50)} == {1, 2}
    assert {pick_parent(pool, Random(i), dominance) for i in range(50)} == {0, 1, 2}


def test_the_same_random_numbers_pick_the_same_parent() -> None:
    pool = pool_of([[1.0, 0.0], [0.0, 1.0]])
    assert [pick_parent(pool, Random(f"0:{i}")) for i in range(9)] == [
        pick_parent(pool, Random(f"0:{i}")) for i in range(9)
    ]


def test_a_component_that_affects_no_feedback_task_is_passed_over() -> None:
    scopes = {"a": frozenset("s"), "b": frozenset("t"), "all": None}
    pool = Pool(tuple(Component(name, "", scope) for name, scope in scopes.items()))
    pool = pool.apply(Admitted(Candidate({}), (), ""))
    assert next_component(pool, 0).name == "a"
    assert next_component(pool, 0, [task("t")]).name == "b"
    pool = pool.apply(Passed("", 0)).apply(Passed("", 0))
    assert next_component(pool, 0, [task("t")]).name == "all"


def test_components_that_affect_no_feedback_task_at_all_are_an_error() -> None:
    pool = Pool((Component("a", "", frozenset("s")),)).apply(Admitted(Candidate({}), (), ""))
    with pytest.raises(ValueError, match="no component"):
        next_component(pool, 0, [task("t")])
