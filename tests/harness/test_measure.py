"""What the two clocks, seen together, say about a kernel; on made-up laps."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.timing import Bound, Conditions, Estimate, Measurement
from kernel_gepa.domain.verdict import Rejected
from kernel_gepa.harness.clock import Lap
from kernel_gepa.harness.measure import Rounds, Rules, averaged, launches_per_batch, notes, pooled
from kernel_gepa.harness.records import Record, dishonest, fixed_cost
from kernel_gepa.statistics import half_width

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
    found = dishonest(ours, theirs or record(), "cpu")
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


CALM = Conditions(load_before=0.1, load_after=0.2, others=0.0, queued=0.0, drift=0.0)
STEADY = Estimate(1.0, 0.99, 1.01)


def test_rounds_end_when_the_interval_is_narrow_or_the_time_is_up() -> None:
    rounds = Rounds(most=40, half_width=0.03, limit_s=2.0, patience=3)
    assert rounds.over(7, 0.1, half_width=0.02)
    assert not rounds.over(7, 0.1, half_width=0.05)
    assert rounds.over(40, 0.1, half_width=0.05)
    assert rounds.over(20, 2.1, half_width=0.05)


def test_what_is_inconclusive_is_measured_longer_and_not_for_ever() -> None:
    rounds = Rounds(most=40, half_width=0.03, limit_s=2.0, patience=3)
    assert not rounds.over(40, 2.1, half_width=0.2)
    assert rounds.over(40, 6.1, half_width=0.2)
    assert rounds.over(120, 2.1, half_width=0.2)


def test_where_no_round_will_be_alone_nobody_waits_for_one() -> None:
    rounds = Rounds(most=40, half_width=0.03, limit_s=2.0, patience=3)
    assert not rounds.over(39, 1.9, half_width=inf, hopeless=True)
    assert rounds.over(40, 1.9, half_width=inf, hopeless=True)
    assert rounds.over(30, 2.1, half_width=inf, hopeless=True)


def test_pairs_of_workers_together_take_the_rounds_of_one() -> None:
    shared = Rounds(least=7, most=40, half_width=0.03, limit_s=2.0).shared(4)
    assert (shared.least, shared.most, shared.half_width, shared.limit_s) == (7, 10, 0.06, 0.5)
    assert Rounds(least=7, most=8).shared(4).most == 7


def said(speedup: Estimate, *, moved: Estimate = STEADY, conditions: Conditions = CALM) -> str:
    return "; ".join(notes(speedup, moved, conditions, Rules(Rounds(), "wall", threads=2), rounds=40))


def test_a_calm_measurement_has_nothing_to_say() -> None:
    assert said(STEADY) == ""


def test_a_wide_interval_is_said_to_be_wide_or_inconclusive() -> None:
    assert said(Estimate(1.0, 0.95, 1.05)) == "stopped after 40 rounds at ±5%; the machine is noisy"
    assert said(Estimate(1.0, 0.8, 1.2)).startswith("inconclusive: still ±25% after 40 rounds")


def test_a_drift_beyond_its_noise_is_told() -> None:
    drifting = replace(CALM, drift=0.08)
    assert said(STEADY, moved=Estimate(1.08, 1.05, 1.11), conditions=drifting) == (
        "the machine drifted: the baseline took 8% longer at the end"
    )
    assert said(STEADY, moved=Estimate(1.08, 0.98, 1.18), conditions=drifting) == ""


def test_too_few_processors_for_the_threads_are_told() -> None:
    found = said(STEADY, conditions=replace(CALM, others=1.3, crowded=True))
    assert found.startswith("inconclusive: 2 threads are timed by the wall, and 1.3 of ")


def of_a_process(speedup: float, conditions: Conditions = CALM, **rest: Any) -> Measurement:
    noisy = Estimate(speedup, speedup * 0.8, speedup * 1.2)  # as wide as one process leaves it
    return Measurement("w", "start", noisy, 1.0, speedup, (), conditions=conditions, **rest)


def test_processes_that_agree_are_conclusive_however_wide_each_was() -> None:
    found = pooled([of_a_process(s, inconclusive=True) for s in (1.5, 1.51, 1.49, 1.5, 1.5, 1.5, 1.5)])
    assert not found.inconclusive
    assert found.notes == ("7 fresh processes of both sides",)


def test_pairs_of_workers_are_told_as_one_measurement() -> None:
    pairs = [of_a_process(s, notes=("of the kernel", f"of {s}")) for s in (1.4, 1.5, 1.6)]
    found = averaged(pairs, python=True)
    assert found.notes == ("3 pairs of workers", "of the kernel")
    assert not found.inconclusive
    assert found.speedup.low < 1.4
    assert found.speedup.high > 1.6


@pytest.mark.parametrize(("noisy", "inconclusive"), [(1, False), (2, True), (3, True)])
def test_pairs_of_workers_are_inconclusive_when_most_of_them_are(noisy: int, inconclusive: bool) -> None:
    found = averaged([of_a_process(1.5, inconclusive=n < noisy) for n in range(3)], python=True)
    assert found.inconclusive is inconclusive


def test_one_pair_of_workers_is_believed_of_native_kernels_only() -> None:
    alone = of_a_process(1.5)
    assert averaged([alone], python=False) == alone
    assert half_width(averaged([alone], python=True).speedup) > half_width(alone.speedup)


def test_processes_that_disagree_are_inconclusive() -> None:
    found = pooled([of_a_process(s) for s in (1.0, 2.0, 1.4, 0.7, 1.9, 1.1, 1.6)])
    assert found.inconclusive
    assert any(note.startswith("inconclusive: ±") for note in found.notes)


def test_a_crowded_process_makes_all_of_them_inconclusive_and_the_worst_is_told() -> None:
    worst = replace(CALM, crowded=True, others=1.5, drift=-0.2, load_after=3.0)
    found = pooled([of_a_process(1.5), of_a_process(1.5, replace(CALM, queued=0.3)), of_a_process(1.5, worst)])
    assert found.inconclusive
    assert found.conditions == Conditions(0.1, 3.0, others=1.5, queued=0.3, drift=-0.2, crowded=True)


def test_what_every_process_noted_of_the_kernel_is_kept_and_the_least_bound() -> None:
    bounds = [Bound(s, "memory", "") for s in (2e-6, 1e-6)]
    found = pooled([of_a_process(1.5, notes=("of the kernel", f"of {b.seconds}"), bound=b) for b in bounds])
    assert found.notes == ("2 fresh processes of both sides", "of the kernel")
    assert found.bound == bounds[1]


@pytest.mark.parametrize(
    ("limit", "bound_s", "half"), [("memory", 0.5, 0.311), ("memory", 0.1, 0.093), ("arithmetic", 0.5, 0.07)]
)
def test_a_verified_figure_is_as_wide_as_the_memory_that_neighbours_can_take(
    limit: str, bound_s: float, half: float
) -> None:
    found = pooled([of_a_process(1.5, bound=Bound(bound_s, limit, "")) for _ in range(7)])
    assert half_width(found.speedup) == pytest.approx(half, abs=0.002)
    assert not found.inconclusive
