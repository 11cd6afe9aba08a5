"""Tables and files of a sweep, from results alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.domain.timing import Estimate
from kernel_gepa.recipes.kernelbench.results import LEFT_OUT, NOT_WON, Beside, Result, Times, read_result, write_result
from kernel_gepa.recipes.kernelbench.telling import against_control, report, summaries, write_all

FAST = Estimate(2.0, 1.8, 2.2)
TIMES = Times(1e-3, 1.1e-3, 1e-5, 0.9e-3, 1.5e-3, 30)


def won(number: int, level: int = 1, eager: Estimate = FAST) -> Result:
    return Result(
        level, number, f"{number}_x.py", "correct", "right on all 1 workloads", "kernel", "reflect", "own kernel",
        won=True, speedup=eager, eager=eager, candidate=TIMES, baseline=replace(TIMES, typical=eager.value * 1e-3),
    )  # fmt: skip


NOTHING = Result(1, 2, "2_x.py", NOT_WON, "no kernel but the start was right")
LEFT = Result(2, 1, "1_x.py", LEFT_OUT, "does not fit into memory")


def test_everybody_counts_whether_anything_was_found_or_not() -> None:
    found = summaries([won(1), NOTHING, LEFT])
    assert found["evolution"]["all"].problems == 3
    assert found["evolution"]["all"].fast_p(1.5) == pytest.approx(1 / 3)
    assert found["evolution"]["level 1"].fast_p(1.5) == 0.5
    assert found["evolution"]["level 2"].correct == 0
    assert "control" not in found


def test_the_strict_figures_go_by_the_lower_bound() -> None:
    unsure = won(1, eager=Estimate(1.3, 0.9, 1.8))
    found = summaries([unsure])
    assert found["evolution"]["all"].fast_p(1.0) == 1.0
    assert found["evolution, lower bound"]["all"].fast_p(1.0) == 0.0
    noisy = replace(won(1), inconclusive=True)
    assert summaries([noisy])["evolution, lower bound"]["all"].fast_p(1.0) == 0.0


def test_a_control_that_found_nothing_has_nothing() -> None:
    control = Beside("best-of-n", 6, 5, won=False, speedup=None, eager=None)
    found = summaries([replace(won(1), control=control)])
    assert found["control"]["all"].correct == 0
    assert "Evolution's kernel is 2.00x" in against_control(replace(won(1), control=control))


def test_their_files_and_ours_are_written(tmp_path: Path) -> None:
    write_all(tmp_path, [won(1), NOTHING, LEFT, won(7, level=2)], "A CPU @ 2 GHz", name="s", words=["words"])
    told = json.loads((tmp_path / "runs" / "s_level1" / "eval_results.json").read_text())
    assert [told[k][0]["correctness"] for k in ("1", "2")] == [True, False]
    assert (tmp_path / "runs" / "s_level1" / "level_1_problem_1_sample_0_kernel.py").read_text() == "kernel"
    baseline = json.loads(next(tmp_path.glob("timing/*/baseline_time_torch.json")).read_text())
    theirs = baseline["level1"]["1_x.py"]["mean"] / told["1"][0]["runtime"]
    assert theirs == pytest.approx(2.0)  # what their analysis divides is the speedup that we claim
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [line["verdict"] for line in lines] == ["correct", NOT_WON, LEFT_OUT, "correct"]
    page = (tmp_path / "report.html").read_text()
    assert "2 of 4 problems with a correct kernel." in page
    assert "against eager PyTorch: fast_0 = 50%, fast_1 = 50%, fast_2 = 0%." in page
    assert "Measured on A CPU @ 2 GHz." in page


def test_the_report_says_what_was_left_out_and_what_a_figure_is_against() -> None:
    told = report([won(1), LEFT], "A CPU", ["2 problems"])
    assert "2/1_x: does not fit into memory" in told
    assert "2.00x (95 % interval 1.80 to 2.20) | 2.00x (95 % interval 1.80 to 2.20) (eager)" in told


def test_torch_compile_has_figures_of_its_own_where_it_was_asked_for() -> None:
    found = [replace(won(1), compiled=Estimate(0.8, 0.7, 0.9)), NOTHING]
    told = summaries(found)["evolution against torch.compile"]["all"]
    assert (told.correct, told.fast_p(0.5), told.fast_p(1.0)) == (1, 0.5, 0.0)
    lines = report(found, "A CPU", []).splitlines()
    head = next(line for line in lines if line.startswith("| problem"))
    assert "against torch.compile" in head
    rows = [line for line in lines if line.startswith(("| 1/1_x", "| 1/2_x"))]
    assert [row.count("|") for row in rows] == [head.count("|")] * 2
    assert "0.80x (95 % interval 0.70 to 0.90)" in rows[0]
    assert "torch.compile" not in report([won(1)], "A CPU", [])


def test_winners_are_counted_by_who_proposed_them() -> None:
    tuned = replace(won(2), origin="tune:unroll=4", eager=Estimate(8.0, 7.0, 9.0))
    told = report([won(1), tuned, replace(tuned, origin="tune:tile=8", eager=FAST), NOTHING], "A CPU", [])
    assert "| tune | 2 | 4.00x |" in told
    assert "| reflect | 1 | 2.00x |" in told


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    result = replace(won(1), control=Beside("best-of-n", 6, 5, won=True, speedup=FAST, eager=FAST))
    write_result(tmp_path / "r.json", result)
    assert read_result(tmp_path / "r.json") == result
