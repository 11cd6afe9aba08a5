"""fast_p and means, as properties: no order matters, thresholds only take away, and nobody is left out."""

from __future__ import annotations

from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.benchmarks.kernelbench.scores import THRESHOLDS, fast_p, summary

SPEEDUP = st.floats(1e-3, 1e3)
SPEEDUPS = st.lists(st.none() | SPEEDUP, max_size=60)


@given(SPEEDUPS, st.randoms())
def test_the_order_of_problems_does_not_matter(speedups: list[float | None], random: object) -> None:
    mixed = list(speedups)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = summary(speedups), summary(mixed)
    assert one.fast == other.fast
    assert one.median == other.median
    for name in ("mean", "geometric_mean"):
        a, b = getattr(one, name), getattr(other, name)
        assert a == b or isclose(a, b)


@given(SPEEDUPS)
def test_a_higher_threshold_is_reached_by_no_more(speedups: list[float | None]) -> None:
    found = [share for _, share in summary(speedups).fast]
    assert found == sorted(found, reverse=True)
    assert [p for p, _ in summary(speedups).fast] == list(THRESHOLDS)


@given(SPEEDUPS)
def test_fast_0_is_the_share_of_correct_ones(speedups: list[float | None]) -> None:
    right = sum(s is not None for s in speedups)
    assert fast_p(speedups, 0.0) == (right / len(speedups) if speedups else 0.0)
    assert summary(speedups).correct == right


@given(SPEEDUPS)
def test_one_more_that_failed_lowers_every_share(speedups: list[float | None]) -> None:
    for p in THRESHOLDS:
        assert fast_p([*speedups, None], p) <= fast_p(speedups, p)


@given(st.lists(SPEEDUP, min_size=1, max_size=400))
def test_means_lie_between_the_extremes(speedups: list[float]) -> None:
    found = summary(speedups)
    assert found.mean and found.median and found.geometric_mean
    for value in (found.mean, found.median, found.geometric_mean):
        assert min(speedups) * (1 - 1e-9) <= value <= max(speedups) * (1 + 1e-9)
    assert found.geometric_mean <= found.mean * (1 + 1e-9)


def test_hundreds_of_great_speedups_have_a_finite_mean() -> None:
    assert isclose(summary([1e3] * 250).geometric_mean or 0.0, 1e3)  # as a product it would be 1e750


def test_the_threshold_itself_is_not_above_it() -> None:
    assert fast_p([1.0, 1.0001, None], 1.0) == 1 / 3
