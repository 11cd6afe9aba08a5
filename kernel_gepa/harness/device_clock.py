"""Two clocks on one launch: events on the device, and the driver's clock around the request. Do they agree?

A device's events stand in the candidate's process, which can patch them, record them on another stream, or let work
run on after them. The driver's clock stands outside and sees all that was waited for, with the cost of a request in it;
over n and 2n launches that cost cancels. So the finer clock may be used where both give one slope, and nowhere else.

This is the rule alone. Nothing measures on a device yet: benchmarks/gpu.py tries it where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from kernel_gepa.domain.verdict import Rejected

LEAST_ROUNDS = 5
LEAST_ROOM = 0.05  # of the driver's slope: clocks of two chips differ by far less, launches from round to round do not
MAD_TO_SIGMA = 1.4826  # of normal errors
SIGMAS = 4.0


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of n and of 2n launches by both clocks."""

    launches: int
    device_s: float
    device_twice_s: float
    driver_s: float
    driver_twice_s: float

    @property
    def device_slope(self) -> float:
        return (self.device_twice_s - self.device_s) / self.launches

    @property
    def driver_slope(self) -> float:
        return (self.driver_twice_s - self.driver_s) / self.launches


@dataclass(frozen=True, slots=True)
class Agreed:
    """Seconds of one launch by the device's clock, and how far the other one may have been off."""

    launch_s: float
    driver_s: float
    room: float


def agreement(rounds: Sequence[Round]) -> Agreed | Rejected:
    """Raises ValueError for fewer rounds than say anything."""
    if len(rounds) < LEAST_ROUNDS:
        raise ValueError(f"{len(rounds)} rounds cannot tell noise from a lie; measure {LEAST_ROUNDS} or more")
    device, driver = ([getattr(r, name) for r in rounds] for name in ("device_slope", "driver_slope"))
    ours, theirs = median(driver), median(device)
    if theirs <= 0 < ours:
        return Rejected(
            "the device's events say that a launch takes no time, and the driver waited for it", _said(device, driver)
        )
    spread = MAD_TO_SIGMA * (_deviation(driver) + _deviation(device)) / len(rounds) ** 0.5
    room = max(LEAST_ROOM * abs(ours), SIGMAS * spread)
    if theirs < ours - room:
        what = (
            "the device's events show less time than the driver waited: work runs beside them, or they are not its own"
        )
        return Rejected(what, _said(device, driver))
    if theirs > ours + room:
        what = "the device's events show more time than passed on the driver's clock"
        return Rejected(what, _said(device, driver))
    return Agreed(theirs, ours, room)


def _deviation(values: Sequence[float]) -> float:
    middle = median(values)
    return median(abs(value - middle) for value in values)


def _said(device: Sequence[float], driver: Sequence[float]) -> tuple[str, str]:
    return (
        f"{median(device) * 1e6:.3g} µs a launch by the device's events",
        f"{median(driver) * 1e6:.3g} µs by the driver's clock",
    )
