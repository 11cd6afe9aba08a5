"""Where a sweep's rollouts go: everybody first, then whoever has most to gain, and nobody at the bound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.search.allocation import Standing, expected_gain, headroom, next_problem

FRACTIONS = st.none() | st.floats(0.01, 1.0)
GAINS = st.lists(st.floats(0.0, 3.0), max_size=8).map(tuple)
STANDINGS = st.builds(
    Standing, key=st.text(max_size=3), rollouts=st.integers(0, 9), gains=GAINS, peak_fraction=FRACTIONS,
    ended=st.booleans(),
)  # fmt: skip


@given(st.lists(STANDINGS, max_size=12))
def test_everybody_gets_a_first_share_before_anybody_a_second(standings: list[Standing]) -> None:
    fresh = [s for s in standings if not s.rollouts and not s.ended]
    if fresh:
        assert next_problem(standings) == fresh[0]


@given(st.lists(STANDINGS, max_size=12))
def test_who_has_ended_or_is_at_its_bound_gets_nothing(standings: list[Standing]) -> None:
    chosen = next_problem(standings)
    if chosen is not None:
        assert not chosen.ended
        assert not chosen.rollouts or headroom(chosen) > 0


@given(st.lists(STANDINGS, min_size=1, max_size=12))
def test_nobody_who_waits_would_have_gained_more(standings: list[Standing]) -> None:
    chosen = next_problem(standings)
    if chosen is not None and chosen.rollouts:
        waiting = [s for s in standings if not s.ended]
        assert expected_gain(chosen) == max(expected_gain(s) for s in waiting)


@given(STANDINGS)
def test_a_rollout_never_closes_more_than_there_is(standing: Standing) -> None:
    assert 0.0 <= expected_gain(standing) <= headroom(standing)


@given(GAINS, st.floats(0.01, 0.9))
def test_another_rollout_in_vain_makes_the_next_one_less_worth(gains: tuple[float, ...], share: float) -> None:
    before = Standing("a", 5, gains, share)
    after = Standing("a", 6, (*gains, 0.0), share)
    assert expected_gain(after) <= expected_gain(before)


def test_the_budget_leaves_who_stands_still_and_goes_to_who_moves() -> None:
    still = Standing("still", 10, (0.0,) * 9, 0.1)  # far from its bound, and nothing helps
    moving = Standing("moving", 5, (0.3, 0.2, 0.3), 0.3)
    assert next_problem([still, moving]) == moving


def test_of_two_that_moved_alike_who_is_farther_from_its_bound_goes_first() -> None:
    near, far = Standing("near", 4, (0.1,) * 3, 0.8), Standing("far", 4, (0.1,) * 3, 0.2)
    assert next_problem([near, far]) == far


def test_a_problem_at_95_percent_of_its_bound_is_done() -> None:
    assert next_problem([Standing("a", 4, (1.0,), 0.96)]) is None
