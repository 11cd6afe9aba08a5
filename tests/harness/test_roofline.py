"""What no kernel can do, on made-up rates; and that no honest kernel is taken for one that did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.timing import Counted, Estimate, Measurement
from kernel_gepa.domain.verdict import Rejected
from kernel_gepa.harness.machine import Rates, Streams
from kernel_gepa.harness.roofline import SLACK, floor, held
from kernel_gepa.harness.traffic import Least

COLD = 96 << 20
SLOW = Rates(1, (Streams(16 << 10, 1e11, 1e11, 1e11), Streams(COLD, 1e10, 1e10, 1e10)), 1e11)
FAST = Rates(1, (Streams(16 << 10, 4e11, 4e11, 4e11), Streams(COLD, 4e10, 4e10, 4e10)), 4e11)
MOVES = Least(1_000_000, 1_000_000)  # 200 µs at the slow rates
COMPUTES = Least(1_000, 1_000, Counted(products=9_000_000, elementwise=1_000_000, steps=2))  # 100 µs at the slow rates


def about(seconds: float, noise: float = 0.02) -> Estimate:
    return Estimate(seconds, seconds * (1 - noise), seconds * (1 + noise))


def measurement(seconds: float) -> Measurement:
    return Measurement("w", "start", Estimate.exact(1.0), seconds, seconds, ())


class Rater:
    """Rates as they are remembered, and as they come out when they are measured again."""

    def __init__(self, known: Rates, anew: Rates) -> None:
        self.known, self.anew, self.asked = known, anew, 0

    def __call__(self, anew: bool) -> Rates:
        self.asked += anew
        return self.anew if anew else self.known


def judged(
    seconds: float, work: Least = MOVES, rater: Rater | None = None, noise: float = 0.02
) -> Measurement | Rejected:
    return held(measurement(seconds), about(seconds, noise), work, COLD, rater or Rater(SLOW, SLOW))


def test_faster_than_the_bytes_allow_is_refused_with_the_numbers() -> None:
    found = judged(100e-6)
    assert isinstance(found, Rejected)
    assert found.reason == "faster than the hardware"
    assert found.evidence == (
        "w: a launch takes 100 µs, at most 102 µs, and moving its inputs and outputs takes at least 200 µs",
        "2 MB that must move, at the 10 GB/s that one core of this machine can stream (measured)",
    )


def test_what_noise_or_the_slack_may_have_done_is_not_refused() -> None:
    assert isinstance(judged(100e-6, noise=0.5), Measurement)
    assert isinstance(judged(200e-6 / SLACK), Measurement)
    assert isinstance(judged(200e-6 / SLACK / 1.03), Rejected)


def test_rates_that_would_refuse_a_kernel_are_measured_again_before_they_do() -> None:
    rater = Rater(SLOW, FAST)
    found = judged(100e-6, rater=rater)
    assert isinstance(found, Measurement)
    assert found.bound is not None
    assert found.bound.seconds == pytest.approx(50e-6)
    assert rater.asked == 1
    judged(300e-6, rater=rater)
    assert rater.asked == 1, "what is not suspicious costs no measurement"


def test_a_correct_kernel_is_told_its_share_of_the_peak() -> None:
    found = judged(400e-6)
    assert isinstance(found, Measurement)
    assert found.bound is not None
    assert found.bound.limit == "memory"
    assert found.peak_fraction == pytest.approx(0.5)


def test_operations_bound_and_do_not_refuse() -> None:
    near, beyond = judged(125e-6, COMPUTES), judged(20e-6, COMPUTES)
    assert isinstance(near, Measurement)
    assert near.bound is not None
    assert near.bound.limit == "arithmetic"
    assert near.peak_fraction == pytest.approx(0.8)
    assert isinstance(beyond, Measurement), "another algorithm may do with fewer"
    assert beyond.bound is not None
    assert beyond.bound.limit == "memory"
    assert any("less arithmetic than the reference" in note for note in beyond.notes)


def test_where_nothing_is_known_nothing_is_claimed() -> None:
    found = judged(1e-9, Least(0, 0, Counted(), ("table",)))
    assert isinstance(found, Measurement)
    assert (found.bound, found.peak_fraction) == (None, None)
    assert found.notes == ("no bound is known: table may be left alone",)


def test_what_goes_round_in_a_small_set_is_held_against_the_rates_of_caches() -> None:
    small, large = floor(MOVES, SLOW, 64 << 10), floor(MOVES, SLOW, COLD)
    assert small.bytes_s == pytest.approx(20e-6)
    assert large.bytes_s == pytest.approx(200e-6)
    assert SLOW.streams_of(1) is SLOW.streams[0]


@given(st.integers(0, 10**9), st.integers(1, 10**9), *[st.floats(1e9, 1e12)] * 3)
def test_the_bound_never_asks_for_more_than_the_slowest_way(
    read: int, written: int, read_rate: float, write_rate: float, copy_rate: float
) -> None:
    rates = Rates(1, (Streams(0, read_rate, write_rate, copy_rate),), 1e11)
    found = floor(Least(read, written), rates, COLD).bytes_s
    slowest = min(read_rate, write_rate, copy_rate)
    assert found <= (read + written) / slowest * (1 + 1e-9)
    assert found >= max(read / read_rate, written / write_rate) * (1 - 1e-9)
