"""What a component cannot affect is not run again."""

from __future__ import annotations

from statistics import median

from tests.loaded import ROOT, load

SCOPED = load(ROOT / "benchmarks" / "scoped.py")


def test_scoped_evaluation_halves_the_rollouts_of_a_search_over_three_tasks() -> None:
    costs = [[SCOPED.rollouts(p, steps=30, seed=seed) for p in (SCOPED.SCOPED, SCOPED.UNSCOPED)] for seed in range(8)]
    assert median(scoped / unscoped for scoped, unscoped in costs) <= 0.5
