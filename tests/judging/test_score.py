from __future__ import annotations

from dataclasses import replace
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.evaluation import UNSOLVED
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import BuildFailed, Correct, Crashed, Incorrect, Mismatch, Rejected, TimedOut, Verdict
from kernel_gepa.judging.score import cells, score
from kernel_gepa.testing.toys import correct

STAGES: list[tuple[Verdict, float]] = [
    (Rejected("calls a library"), 0.0),
    (BuildFailed("does not parse"), 0.0),
    (Crashed("signal 11"), 0.1),
    (TimedOut("check", 10.0), 0.1),
    (Incorrect((Mismatch("v", ""), Mismatch("w", ""))), 0.2),
    (Incorrect((Mismatch("v", ""),), ("w",)), 0.25),
    (Incorrect((Mismatch("v", ""),), ("w", "x", "y")), 0.275),
]


@pytest.mark.parametrize(("verdict", "expected"), STAGES)
def test_below_correct_the_stage_decides(verdict: Verdict, expected: float) -> None:
    found = score(verdict)
    assert found == Estimate.exact(found.value)
    assert found.value == pytest.approx(expected)
    assert cells(verdict) == {UNSOLVED: score(verdict)}


def test_workloads_that_were_right_are_counted_once_and_never_against_what_was_wrong() -> None:
    mismatches = (Mismatch("v", "first seed"), Mismatch("v", "second seed"))
    assert score(Incorrect(mismatches, ("w", "w", "v"))).value == pytest.approx(0.25)


@given(st.floats(1e-6, 1e6))
def test_a_correct_kernel_beats_every_incorrect_one_however_slow(speedup: float) -> None:
    assert score(correct({"w": speedup})).measurably_better(Estimate.exact(0.3))


def test_speedup_counts_by_its_logarithm_and_keeps_its_noise() -> None:
    found = score(correct({"w": Estimate(3.0, 2.5, 4.0)}))
    assert (found.low, found.value, found.high) == pytest.approx((1 + log2(3.5), 1 + log2(4.0), 1 + log2(5.0)))


def test_the_score_is_of_the_geometric_mean_and_the_cells_are_the_speedups() -> None:
    verdict = correct({"v": 1.0, "w": 4.0})
    assert score(verdict).value == pytest.approx(1 + log2(3.0))
    assert {w: e.value for w, e in cells(verdict).items()} == {"v": 1.0, "w": 4.0}


def test_an_inconclusive_speedup_claims_nothing_beyond_being_right() -> None:
    unsure = inconclusive(9.0)
    for other in (0.01, 1.0, 8.0):
        rival = correct({"w": other})
        assert not score(unsure).measurably_better(score(rival))
        assert not cells(unsure)["w"].measurably_better(cells(rival)["w"])
    assert score(unsure).measurably_better(Estimate.exact(0.3)), "it is right all the same"


def inconclusive(speedup: float) -> Correct:
    (measured,) = correct({"w": Estimate(speedup, speedup * 0.9, speedup * 1.1)}).measurements
    return Correct((replace(measured, inconclusive=True),))
