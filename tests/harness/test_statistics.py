"""From samples to a claim: how often the intervals hold what they promise. Seeded; no clock is read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.timing import Estimate
from kernel_gepa.statistics import averaged, drift, half_width, median, ratio_of_medians, repeatable, widened

POSITIVE = st.floats(1e-7, 1e-1)


def test_of_equal_sides_the_interval_holds_one_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(1), 0
    for trial in range(300):
        disturbance = rng.lognormal(0, 0.1, 15)  # hits both sides of a round
        a, b = ((disturbance * rng.lognormal(0, 0.03, 15)).tolist() for _ in range(2))
        found = ratio_of_medians(a, b, seed=trial)
        held += found.low <= 1 <= found.high
    assert 0.88 < held / 300 <= 1.0


@pytest.mark.parametrize("true", [0.5, 0.9, 2.0, 10.0])
def test_a_known_ratio_is_found(true: float) -> None:
    rng = np.random.default_rng(2)
    found = ratio_of_medians((true * rng.lognormal(0, 0.02, 25)).tolist(), rng.lognormal(0, 0.02, 25).tolist())
    assert found.low < true < found.high
    assert found.value == pytest.approx(true, rel=0.05)


def test_noise_that_both_sides_share_does_not_widen_the_interval_much() -> None:
    rng = np.random.default_rng(3)
    shared = rng.lognormal(0, 0.3, 25)
    twice = (shared * 2).tolist()
    together = ratio_of_medians(twice, shared.tolist())
    apart = ratio_of_medians(twice, rng.permutation(shared).tolist())
    assert half_width(together) < 1e-9
    assert half_width(apart) > half_width(together)


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=12))
def test_the_value_lies_in_its_interval_and_the_same_samples_give_the_same(pairs: list[tuple[float, float]]) -> None:
    a, b = zip(*pairs, strict=True)
    found = ratio_of_medians(a, b)
    assert found.low <= found.value <= found.high
    assert found == ratio_of_medians(a, b)


@given(st.floats(0.01, 100), st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_further_error_never_narrows_an_interval(value: float, down: float, up: float, relative: float) -> None:
    given_ = Estimate(value, value / (1 + down), value * (1 + up))
    found = widened(given_, relative)
    assert found.low <= given_.low * (1 + 1e-9)
    assert found.high >= given_.high * (1 - 1e-9)
    assert found.high / found.value >= (1 + relative) * (1 - 1e-9)
    assert found.value == value


@pytest.mark.parametrize("processes", [3, 7, 12])
def test_a_repetition_lands_in_the_interval_as_often_as_it_says(processes: int) -> None:
    rng, held = np.random.default_rng(4), 0
    for _ in range(400):
        first, second = ((1.3 * rng.lognormal(0, 0.02, processes)).tolist() for _ in range(2))
        found = repeatable(first, floor=0.0001)
        held += found.low <= float(np.median(second)) <= found.high
    assert held / 400 > 0.88


def test_the_interval_is_never_narrower_than_the_floor() -> None:
    found = repeatable([1.5] * 7, floor=0.02)
    assert found.high / found.value == pytest.approx(1.02)
    assert found.value / found.low == pytest.approx(1.02)


def test_one_process_says_nothing() -> None:
    with pytest.raises(ValueError, match="at least two"):
        repeatable([1.0], floor=0.02)


def test_one_disturbed_process_of_seven_does_not_widen_the_interval() -> None:
    calm = [1.49, 1.50, 1.505, 1.51, 1.50, 1.495, 1.50]
    disturbed = [1.1, *calm[1:]]
    assert half_width(repeatable(disturbed, floor=0.001)) < 1.5 * half_width(repeatable(calm, floor=0.001))


def test_the_median_has_an_interval_that_holds_the_true_one() -> None:
    rng, held = np.random.default_rng(5), 0
    for trial in range(200):
        found = median(rng.lognormal(0, 0.05, 25).tolist(), seed=trial)
        held += found.low <= 1.0 <= found.high
    assert held / 200 > 0.88


@pytest.mark.parametrize("rounds", [3, 7, 40])
def test_a_machine_that_stays_as_it_is_does_not_drift(rounds: int) -> None:
    rng = np.random.default_rng(6)
    told = sum(drift(rng.lognormal(0, 0.03, rounds).tolist()).significant for _ in range(300))
    assert told / 300 < 0.35 if rounds == 3 else told / 300 < 0.12


def test_a_machine_that_slows_down_drifts_by_as_much() -> None:
    rng = np.random.default_rng(7)
    found = drift((np.linspace(1.0, 1.2, 30) * rng.lognormal(0, 0.01, 30)).tolist())
    assert found.value == pytest.approx(1.13, abs=0.03)
    assert found.significant


@pytest.mark.parametrize("spread", [0.01, 0.03, 0.08])
def test_a_few_processes_and_what_is_expected_of_them_hold_the_true_ratio(spread: float) -> None:
    rng, held, widths = np.random.default_rng(8), 0, list[float]()
    for _ in range(400):
        values = 1.3 * rng.lognormal(0, spread, 3)
        found = averaged([Estimate(v, v / 1.02, v * 1.02) for v in values.tolist()], spread=0.05)
        held += found.low <= 1.3 <= found.high
        widths.append(half_width(found))
    assert held / 400 > 0.92
    assert float(np.median(widths)) < 0.1


def test_processes_that_lie_apart_widen_the_interval() -> None:
    together, apart = (
        averaged([Estimate(v, v * 0.98, v * 1.02) for v in values], spread=0.05)
        for values in ([1.5, 1.51, 1.49], [1.2, 1.5, 1.9])
    )
    assert half_width(apart) > 2 * half_width(together)
