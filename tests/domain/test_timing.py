"""What may be claimed from estimates: sums, means, and the word "better"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.timing import Estimate, correlated_mean, geometric_mean, total

ESTIMATES = st.tuples(st.floats(0.1, 10), st.floats(0, 0.5), st.floats(0, 0.5)).map(
    lambda t: Estimate(t[0], t[0] / (1 + t[1]), t[0] * (1 + t[2]))
)


def test_exact_numbers_are_compared_as_numbers() -> None:
    assert Estimate.exact(2).measurably_better(Estimate.exact(1.999))
    assert not Estimate.exact(2).measurably_better(Estimate.exact(2))


def test_what_lies_within_the_noise_of_both_is_not_better() -> None:
    assert not Estimate(1.05, 1.0, 1.1).measurably_better(Estimate(1.0, 0.95, 1.05))
    assert Estimate(1.2, 1.15, 1.25).measurably_better(Estimate(1.0, 0.95, 1.05))


@given(ESTIMATES, ESTIMATES)
def test_of_two_only_one_can_be_better(a: Estimate, b: Estimate) -> None:
    assert not (a.measurably_better(b) and b.measurably_better(a))


def test_the_sum_of_nothing_is_an_exact_zero() -> None:
    assert total(()) == Estimate.exact(0)


@given(st.lists(ESTIMATES, min_size=1, max_size=5))
def test_shared_errors_do_not_average_out_and_independent_ones_do(estimates: list[Estimate]) -> None:
    apart, together = geometric_mean(estimates), correlated_mean(estimates)
    assert apart.value == pytest.approx(together.value)
    assert together.low <= apart.low * (1 + 1e-9)
    assert together.high >= apart.high * (1 - 1e-9)


def test_doubt_is_the_chance_that_noise_shows_such_a_gain() -> None:
    one, other = Estimate(1.2, 1.2 - 0.196, 1.2 + 0.196), Estimate(1.0, 0.804, 1.196)  # standard errors of 0.1
    assert one.doubt(other) == pytest.approx(0.0786, abs=1e-3)  # 0.2 / 0.1414 standard deviations
    assert other.doubt(one) == pytest.approx(1 - 0.0786, abs=1e-3)


def test_exact_numbers_leave_no_doubt() -> None:
    one, two = Estimate.exact(1.0), Estimate.exact(2.0)
    assert (two.doubt(one), one.doubt(two), one.doubt(one)) == (0.0, 1.0, 1.0)
