"""Events on a device are believed where the driver's clock says the same."""

from __future__ import annotations

from random import Random

import pytest

from kernel_gepa.domain.verdict import Rejected
from kernel_gepa.harness.device_clock import LEAST_ROUNDS, Agreed, Round, agreement


def rounds(
    device_s: float, driver_s: float, *, noise: float = 0.0, overhead_s: float = 50e-6, count: int = 9
) -> list[Round]:
    """`overhead_s` of a request is in the driver's times and not in the slope."""
    rng = Random(7)

    def around(seconds: float) -> float:
        return seconds * (1 + noise * rng.uniform(-1, 1))

    return [
        Round(10, around(10 * device_s), around(20 * device_s), around(10 * driver_s) + overhead_s,
              around(20 * driver_s) + overhead_s)
        for _ in range(count)
    ]  # fmt: skip


def test_one_slope_on_both_clocks_is_the_time_of_a_launch() -> None:
    found = agreement(rounds(20e-6, 20e-6, overhead_s=500e-6))
    assert isinstance(found, Agreed)
    assert found.launch_s == pytest.approx(20e-6)


def test_noise_of_both_clocks_is_no_lie() -> None:
    assert isinstance(agreement(rounds(20e-6, 20.4e-6, noise=0.03)), Agreed)


@pytest.mark.parametrize(
    ("device_s", "words"),
    [(0.0, "takes no time"), (2e-6, "less time than the driver waited"), (40e-6, "more time than passed")],
)
def test_events_that_are_patched_or_stand_on_another_stream_are_refused(device_s: float, words: str) -> None:
    found = agreement(rounds(device_s, 20e-6, noise=0.02))
    assert isinstance(found, Rejected)
    assert words in found.reason
    assert any("µs" in line for line in found.evidence)


def test_too_few_rounds_are_no_evidence() -> None:
    with pytest.raises(ValueError, match=str(LEAST_ROUNDS)):
        agreement(rounds(1e-6, 1e-6, count=LEAST_ROUNDS - 1))
