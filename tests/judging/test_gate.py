"""From samples to claims. The samples are drawn here, so that what is true of them is known."""

from __future__ import annotations

from dataclasses import replace
from math import exp, hypot, log
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.comparison import Claim, Look, Pair, Rule, Unit
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.judging.gate import STORED_THRESHOLD, claim, ended, overall, per_launch, settled, speedup
from kernel_gepa.statistics import half_width

RULE = Rule()
COUNTED = Rule(Unit.INSTRUCTIONS, confirmations=1, looks=1)


def look(slower: float, *, noise: float = 0.005, seed: int = 0, processes: int = 7) -> Look:
    """Head takes so much longer; `noise` is the standard deviation between processes."""
    rng = Random(f"{slower}:{seed}")
    pairs = []
    for _ in range(processes):
        scale = 1 + rng.gauss(0, noise)
        base = tuple(1e-4 * (1 + rng.gauss(0, 0.002)) for _ in range(9))
        pairs.append(Pair(base, tuple(1e-4 * (1 + slower) * scale * (1 + rng.gauss(0, 0.002)) for _ in range(9))))
    return Look(tuple(pairs))


@pytest.mark.parametrize(
    ("slower", "said"), [(0.0, Claim.SAME), (0.2, Claim.REGRESSION), (-0.2, Claim.IMPROVED), (0.02, Claim.SAME)]
)
def test_what_is_clear_is_claimed(slower: float, said: Claim) -> None:
    looks = [look(slower, seed=n) for n in range(2)]
    found = settled(looks, RULE)
    assert found is not None
    assert found.claim is said
    assert found.speedup.low <= 1 / (1 + slower) <= found.speedup.high


def test_a_claim_needs_a_second_look_and_the_same_does_not() -> None:
    assert settled([look(0.2)], RULE) is None
    assert settled([look(0.0)], RULE) is not None


def test_a_regression_that_is_not_seen_again_is_none() -> None:
    found = settled([look(0.2), look(0.0, seed=1)], RULE)
    assert found is not None
    assert found.claim is Claim.SAME


def test_looks_that_contradict_each_other_decide_nothing() -> None:
    looks = [look(0.2), look(-0.2), look(0.06, noise=0.2)]
    found = settled(looks, RULE)
    assert found is not None
    assert found.claim is Claim.INCONCLUSIVE
    assert "regression, then improved" in found.why


def test_the_figure_is_that_of_the_last_look_which_chose_nobody() -> None:
    looks = [look(0.4), look(0.2, seed=1)]
    found = settled(looks, RULE)
    assert found is not None
    assert found.speedup == speedup(looks[1], RULE)


def test_later_looks_change_nothing() -> None:
    looks = [look(0.2), look(0.2, seed=1)]
    assert settled([*looks, look(-0.5)], RULE) == settled(looks, RULE)


def test_noise_alone_is_inconclusive_after_the_last_look() -> None:
    looks = [look(0.0, noise=0.3, seed=n) for n in range(3)]
    assert [settled(looks[:n], RULE) for n in (1, 2)] == [None, None]
    assert ended(looks, RULE).claim is Claim.INCONCLUSIVE


def test_no_processor_for_every_thread_is_inconclusive_whatever_was_measured() -> None:
    crowded = [Look(look(0.5, seed=n).pairs, crowded=True) for n in range(3)]
    assert ended(crowded, RULE).claim is Claim.INCONCLUSIVE


def test_unchanged_kernels_give_no_regression_in_a_thousand_checks() -> None:
    """With a spread between processes of 1 %, which is more than any quiet kernel has."""
    claims = []
    for check in range(1000):
        looks: list[Look] = []
        while (found := settled(looks, RULE)) is None:
            looks.append(look(0.0, noise=0.01, seed=10 * check + len(looks)))
        claims.append(found.claim)
    assert Claim.REGRESSION not in claims
    assert claims.count(Claim.SAME) > 950


def test_a_tenth_is_found_with_that_spread() -> None:
    claims = []
    for check in range(200):
        looks: list[Look] = []
        while (found := settled(looks, RULE)) is None:
            looks.append(look(0.1, noise=0.01, seed=10 * check + len(looks)))
        claims.append(found.claim)
    assert claims.count(Claim.REGRESSION) >= 190


def test_counts_are_exact_and_one_look_is_enough() -> None:
    """The constant part of a process is in both counts and goes."""
    found = settled([Look((Pair((1_000_200.0, 1_000_400.0), (1_000_220.0, 1_000_440.0)),))], COUNTED)
    assert found is not None
    assert found.claim is Claim.REGRESSION
    assert found.speedup == Estimate.exact(200 / 220)
    assert per_launch(Look((Pair((1200.0, 1400.0), (1220.0, 1440.0)),)), Unit.INSTRUCTIONS) == Pair((100.0,), (110.0,))


def test_what_is_told_to_others_allows_for_more() -> None:
    """As the bench tells a verified speedup: at least 7 % wide, and more where a launch streams from memory."""
    seen = look(-0.3)
    told = speedup(seen, Rule(least=0.07))
    streamed = speedup(replace(seen, streaming=0.5), Rule(least=0.07, streaming=0.3))
    assert half_width(speedup(seen, RULE)) < 0.05
    assert 0.0699 < half_width(told) < half_width(streamed)
    assert half_width(streamed) == pytest.approx(exp(hypot(log(1.07), log(1.15))) - 1, rel=1e-6)


def test_a_stored_baseline_is_divided_by_the_reference_of_its_own_time() -> None:
    """The machine became twice as slow in between, for kernel and reference alike: no change."""
    then = look(0.0)
    now = tuple(Pair(tuple(2 * s for s in p.base), tuple(2 * s for s in p.head)) for p in look(0.0, seed=1).pairs)
    found = ended([Look(now, then=then.pairs)], Rule(looks=1))
    assert found.claim is Claim.SAME
    assert abs(found.speedup.value - 1) < 0.02


def test_a_stored_baseline_tells_no_small_difference() -> None:
    assert RULE.threshold < STORED_THRESHOLD
    small = [Look(look(0.1, seed=n).pairs, then=look(0.0).pairs) for n in range(3)]
    assert ended(small, RULE).claim is not Claim.REGRESSION
    large = [Look(look(0.5, seed=n).pairs, then=look(0.0).pairs) for n in range(2)]
    assert ended(large, RULE).claim is Claim.REGRESSION


@pytest.mark.parametrize(
    "pair", [Pair((), (1.0,)), Pair((1.0,), (0.0,)), Pair((-1.0,), (1.0,)), Pair((float("nan"),), (1.0,))]
)
def test_what_no_measurement_gives_is_refused(pair: Pair) -> None:
    with pytest.raises(ValueError, match="positive numbers"):
        speedup(Look((pair, pair, pair)), RULE)


positive = st.floats(0.1, 10.0)


@given(positive, st.floats(1.0, 2.0), st.floats(1.0, 2.0), st.floats(0.01, 0.5))
def test_turning_base_and_head_round_turns_the_claim_round(value: float, up: float, down: float, least: float) -> None:
    found, turned = Estimate(value, value / down, value * up), Estimate(1 / value, 1 / value / up, down / value)
    opposite = {Claim.REGRESSION: Claim.IMPROVED, Claim.IMPROVED: Claim.REGRESSION}
    one, other = claim(found, least), claim(turned, least)
    edges = (1.0, 1 + least, 1 / (1 + least))
    near_an_edge = any(abs(x / edge - 1) < 1e-9 for x in (found.value, found.low, found.high) for edge in edges)
    assert near_an_edge or other is opposite.get(one, one)


@given(positive, st.floats(1.0, 2.0), st.floats(1.0, 2.0), st.floats(0.01, 0.5))
def test_no_claim_of_a_difference_has_an_interval_with_none(value: float, up: float, down: float, least: float) -> None:
    found = Estimate(value, value / down, value * up)
    if claim(found, least) in (Claim.REGRESSION, Claim.IMPROVED):
        assert found.significant
        assert abs(value - 1) > 0.9 * least / (1 + least)


@given(st.lists(st.sampled_from(Claim), min_size=1))
def test_one_slower_workload_is_not_made_good_by_faster_ones(claims: list[Claim]) -> None:
    found = overall(claims)
    assert found in claims
    if Claim.REGRESSION in claims:
        assert found is Claim.REGRESSION
    if found is Claim.SAME:
        assert set(claims) == {Claim.SAME}
