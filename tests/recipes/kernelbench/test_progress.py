"""Where a problem stands, read from a journal: gains in bits, the best kernel, and what its author wrote."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernel_gepa.domain.timing import Bound, Estimate, Measurement
from kernel_gepa.recipes.kernelbench.progress import peak_fraction

MEASURED = Measurement("w", "eager", Estimate.exact(2.0), 2e-3, 4e-3, (), bound=Bound(1e-3, "memory", "by hand"))


def test_the_share_of_the_bound_is_a_geometric_mean_over_the_workloads() -> None:
    half, eighth = MEASURED, replace(MEASURED, candidate_s=8e-3)
    assert peak_fraction([half]) == pytest.approx(0.5)
    assert peak_fraction([half, eighth]) == pytest.approx(0.25)


def test_one_workload_without_a_bound_leaves_the_share_unknown() -> None:
    assert peak_fraction([MEASURED, replace(MEASURED, bound=None)]) is None
    assert peak_fraction([]) is None
