"""What the two clocks, seen together, say about a kernel; on made-up laps."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.verdict import Rejected
from kernel_gepa.harness.clock import Lap
from kernel_gepa.harness.measure import Record, _dishonest, fixed_cost, launches_per_batch

FIXED_S, LAUNCH_S, N = 60e-6, 50e-6, 30


def record(
    *, launch_s: float = LAUNCH_S, fixed_s: float = FIXED_S, asleep: float = 0.0, queued: float = 0.0, idle: float = 0.0
) -> Record:
    """Ten rounds. `asleep`, `queued` and `idle` are shares of the CPU time of a lap."""
    rng, found = Random(0), Record(N)

    def lap(count: int) -> Lap:
        cpu = (fixed_s + count * launch_s) * rng.uniform(0.99, 1.01)
        return Lap(cpu * (1 + asleep + queued) + 50e-6, cpu, idle * cpu, queued * cpu)

    for _ in range(10):
        found.add(lap(N), lap(2 * N))
        found.add_empty(lap(0))
    return found


def refusal(ours: Record, theirs: Record | None = None) -> str:
    found = _dishonest(ours, theirs or record(), "cpu")
    assert found is None or isinstance(found, Rejected)
    return "" if found is None else found.reason


def test_an_honest_kernel_is_not_refused() -> None:
    assert refusal(record()) == ""
    assert refusal(record(launch_s=LAUNCH_S / 7)) == ""


def test_a_busy_machine_is_nobodys_fault() -> None:
    assert refusal(record(queued=3.0)) == ""


def test_a_kernel_that_sleeps_is_refused() -> None:
    assert "disagree" in refusal(record(asleep=1.5))


def test_a_baseline_that_waits_as_much_excuses_it() -> None:
    assert refusal(record(asleep=1.5), record(asleep=1.5)) == ""


def test_work_after_the_return_is_refused() -> None:
    assert "after it has returned" in refusal(record(idle=0.5))
    assert refusal(record(idle=0.01)) == ""


def test_work_in_other_processes_is_refused() -> None:
    ours = record()
    ours.helpers_cpu_s = ours.busy_cpu_s
    assert "processes of its own" in refusal(ours)


def test_the_fixed_cost_is_found_and_is_the_baselines() -> None:
    theirs = record(fixed_s=200e-6)
    assert fixed_cost(record(), theirs, "cpu") == pytest.approx(200e-6, abs=40e-6)
    assert fixed_cost(record(fixed_s=5e-3), theirs, "cpu") == pytest.approx(200e-6, abs=40e-6)


def test_seconds_per_launch_are_found_without_the_fixed_cost() -> None:
    ours = record()
    found = ours.clocks["cpu"].seconds(fixed_cost(ours, ours, "cpu"))
    assert sorted(found)[5] == pytest.approx(LAUNCH_S, rel=0.03)


@given(st.floats(0, 1e-4), st.floats(0, 1e-2), st.floats(1e-6, 1e-4))
def test_no_launch_ever_takes_no_time(ours_s: float, theirs_fixed_s: float, least_s: float) -> None:
    ours, theirs = record(launch_s=ours_s, fixed_s=least_s), record(fixed_s=theirs_fixed_s)
    assert all(s > 0 for s in ours.clocks["cpu"].seconds(fixed_cost(ours, theirs, "cpu")))


@given(st.floats(1e-9, 10), st.integers(3, 10**6))
def test_a_round_fits_into_its_slots(seconds: float, slots: int) -> None:
    n = launches_per_batch(seconds, slots)
    assert n >= 1
    assert 3 * n <= slots
