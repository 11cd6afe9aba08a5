"""The known pairs: what the benchmark makes of made-up findings, and one pair through the bench."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from kernel_gepa.domain.timing import Estimate
from tests.loaded import ROOT, load

TIMING_ERROR = load(ROOT / "benchmarks" / "timing_error.py")


def found(value: float, *, ratio: float = 1.1, width: float = 0.02, unsure: bool = False) -> Any:
    bare = Estimate(value, value / 1.001, value * 1.001)
    return TIMING_ERROR.Found(ratio, value, value / (1 + width), value * (1 + width), bare, unsure, 0.5)


def test_a_row_tells_bias_coverage_and_width() -> None:
    row = TIMING_ERROR.row("judge", [found(1.11), found(1.09), found(1.2, unsure=True)])
    assert row.split() == ["judge", "1.10", "3", "+2.94%", "5.11%", "2/3", "0/3", "2.0%", "1", "0.50"]


def test_the_coverage_counts_all_ratios_with_its_own_error() -> None:
    results = [found(1.1)] * 95 + [found(1.3)] * 5
    assert TIMING_ERROR.coverage(results) == "intervals that held the true ratio: 95 of 100, 95.0% ± 4.8%"


def test_the_pairs_differ_in_an_even_number_of_trips_only() -> None:
    base, slower = TIMING_ERROR.kernel(1.0).splitlines(), TIMING_ERROR.kernel(1.05).splitlines()
    assert [(a, b) for a, b in zip(base, slower, strict=True) if a != b] == [
        ("static volatile long trips = 4000;", "static volatile long trips = 4200;")
    ]


@pytest.mark.slow
def test_a_kernel_that_is_twice_as_fast_is_found_to_be() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "timing_error.py"), "--repetitions", "3", "--verifications", "1",
         "--processes", "2", "--ratios", "2.0", "--load", "quiet"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith(("judge ", "verify "))]
    assert [row[:3] for row in rows] == [["judge", "2.00", "3"], ["verify", "2.00", "1"]]
    assert all(abs(float(row[3].rstrip("%"))) < 10 for row in rows)
