from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given

from kernel_gepa.domain.candidate import CandidateId
from kernel_gepa.domain.evaluation import UNSOLVED, Cell
from kernel_gepa.domain.events import Declined
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.testing.strategies import pools
from kernel_gepa.testing.toys import admitted, evaluation, pool_of


def recomputed(pool: Pool) -> dict[Cell, list[CandidateId]]:
    """The definition of the front, without memory."""
    cells: dict[Cell, dict[CandidateId, Estimate]] = {}
    for member in pool.members:
        for e in member.evaluations.values():
            for workload, estimate in e.cells.items():
                cells.setdefault((e.task, workload), {})[member.id] = estimate
    solved = {task for task, workload in cells if workload != UNSOLVED}
    return {
        cell: [who for who, e in row.items() if e.high >= max(other.low for other in row.values())]
        for cell, row in cells.items()
        if cell[1] != UNSOLVED or cell[0] not in solved
    }


@given(pools())
def test_the_incremental_front_is_the_recomputed_front(pool: Pool) -> None:
    assert {cell: list(h.estimates) for cell, h in pool.front.items()} == recomputed(pool)


@given(pools())
def test_no_cell_is_ever_without_a_holder_and_no_pool_without_a_cell(pool: Pool) -> None:
    assert pool.front
    assert all(holders.estimates for holders in pool.front.values())


@given(pools())
def test_the_record_of_a_cell_is_the_best_value_of_any_member(pool: Pool) -> None:
    for cell, holders in pool.front.items():
        assert holders.record.value == max(m.points[cell] for m in pool.members if cell in m.points)


def test_whoever_is_within_the_noise_of_the_best_holds_the_cell() -> None:
    pool = pool_of([])
    for who, estimate in enumerate((Estimate(1.0, 0.9, 1.1), Estimate(1.15, 1.05, 1.25), Estimate(1.3, 1.2, 1.4))):
        pool = pool.apply(admitted(f"text {who}", evaluation("t", {"w": estimate})))
    assert list(pool.front["t", "w"].estimates) == [1, 2]


def test_the_staged_cell_of_a_task_goes_when_somebody_solves_it() -> None:
    pool = pool_of([]).apply(admitted("a", evaluation("t", {UNSOLVED: 0.2})))
    assert list(pool.front) == [("t", UNSOLVED)]
    pool = pool.apply(admitted("b", evaluation("t", {"w": 0.01})))
    assert list(pool.front) == [("t", "w")]
    pool = pool.apply(admitted("c", evaluation("t", {UNSOLVED: 0.3})))
    assert {cell: list(h.estimates) for cell, h in pool.front.items()} == {("t", "w"): [1]}


@pytest.mark.parametrize("wild", [nan, inf, -inf])
def test_a_number_that_cannot_be_compared_is_refused_with_the_name_of_its_cell(wild: float) -> None:
    pool = pool_of([[1.0]])
    found = evaluation("rows", {"8x8": wild})
    with pytest.raises(ValueError, match=r"cell \(rows, (score|8x8)\) holds"):
        pool.apply(admitted("text", found))
    with pytest.raises(ValueError, match=r"rows"):
        pool.apply(Declined(admitted("text").child, (found,), "declined"))


def test_an_interval_that_is_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="low <= value <= high"):
        pool_of([]).apply(admitted("text", evaluation("t", {"w": Estimate(1.0, 1.2, 0.8)})))
