"""Whether evolution paid is told from verified figures of both sides, with their noise."""

from __future__ import annotations

import json
from dataclasses import replace

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.timing import Estimate, Measurement
from kernel_gepa.report.comparison import compared
from kernel_gepa.report.markdown import report
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.report.result import result
from tests.report.test_told import MEASURED, outcome


def control(speedup: Estimate | None) -> Outcome:
    measured: Measurement | None = None if speedup is None else replace(MEASURED, speedup=speedup)
    return replace(outcome(measured), way="best-of-n", spend=Spend(rollouts=12))


def told(theirs: Estimate | None) -> str:
    found = compared(replace(outcome(MEASURED), control=control(theirs), spend=Spend(rollouts=14)))
    assert found is not None
    return found


def test_a_run_without_a_control_compares_nothing() -> None:
    assert compared(outcome(MEASURED)) is None
    assert "## Control" not in report(outcome(MEASURED))
    assert result(outcome(MEASURED))["control"] is None


def test_a_control_that_found_less_is_told_with_both_budgets_and_the_ratio() -> None:
    assert told(Estimate(1.1, 1.05, 1.15)) == (
        "Control best-of-n, with 12 rollouts against 14: 1.10x (95 % interval 1.05 to 1.15). "
        "Evolution's kernel is 1.36x (95 % interval 1.26 to 1.48) as fast as the control's."
    )


def test_a_control_that_found_nothing_stands_at_the_start() -> None:
    text = told(None)
    assert "no kernel that is measurably faster than the start" in text
    assert "Evolution's kernel is 1.50x" in text


def test_a_control_that_won_is_told_as_that() -> None:
    assert "The control's kernel is 2.00x" in told(Estimate(3.0, 2.9, 3.1))


def test_a_difference_within_the_noise_is_none() -> None:
    assert told(Estimate(1.45, 1.35, 1.55)).endswith("The difference is within the noise.")


def test_report_and_result_hold_the_control() -> None:
    found = replace(outcome(MEASURED), control=control(Estimate(1.1, 1.05, 1.15)))
    assert "## Control\n\nControl best-of-n" in report(found)
    written = json.loads(json.dumps(result(found)))["control"]
    assert (written["way"], written["spend"]["rollouts"]) == ("best-of-n", 12)
    assert written["winner"]["geomean"]["start"]["median"] == 1.1
