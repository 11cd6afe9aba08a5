"""The page of a sweep: a table that is sorted and filtered, and fast_p over all problems."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from kernel_gepa.domain.timing import Estimate
from kernel_gepa.recipes.npu_sweep import Swept, told_of
from kernel_gepa.recipes.telling import write_sweep
from kernel_gepa.report.html.problems import Problem
from kernel_gepa.report.html.sweep import SweepStory, fast_p, headlines

EAGER, COMPILED = "eager PyTorch", "torch.compile"


def problem(name: str, eager: float | None, compiled: float | None = None, level: int = 1, link: str = "") -> Problem:
    pairs = {EAGER: eager, COMPILED: compiled}
    speedups = {b: Estimate(v, v * 0.9, v * 1.1) for b, v in pairs.items() if v is not None}
    outcome = "incorrect" if eager is None else "correct"
    return Problem(name, outcome, speedups, f"level {level}", columns={"rollouts": name[-1] * 2}, link=link)


FOUND = (
    problem("a1", 3.0, 1.5, link="runs/a1/report.html"),
    problem("b2", 0.5, 0.4, link="javascript:alert(1)"),
    problem("c3", None, level=2),
    problem("d4", 1.0, level=2, link="//evil.example"),
)


def test_fast_p_counts_unsolved_problems_and_is_strict() -> None:
    assert [fast_p(FOUND, EAGER, p) for p in (0.0, 0.5, 1.0, 3.0)] == [0.75, 0.5, 0.25, 0.0]
    assert fast_p(FOUND, COMPILED, 1.0) == 0.25
    assert fast_p((), EAGER, 1.0) == 0.0


def test_a_speedup_of_a_wrong_kernel_counts_for_nothing() -> None:
    assert fast_p([Problem("w", "incorrect", {EAGER: Estimate.exact(9.0)})], EAGER, 1.0) == 0.0


def test_estimates_are_called_estimates() -> None:
    lines = headlines(SweepStory("npu", [], FOUND, estimated=True))
    assert len(lines) == 3
    assert all(line.startswith("Estimated, not measured: ") for line in lines)


def test_a_sweep_over_npueval_counts_rows_that_are_not_done_and_says_estimated() -> None:
    done = [Swept("a", 900.0, 300.0, 0.5, "transform", 1.0), Swept("b", None, None, 0.0, "it does not build", 1.0)]
    told = told_of(done, ["a", "b", "c"], "npu1")
    assert headlines(told) == [
        "Estimated, not measured: 1 of 3 problems with a correct kernel.",
        "Estimated, not measured: against the start, estimated: fast_0 = 33%, fast_1 = 33%, fast_2 = 33%.",
    ]
    assert [p.outcome for p in told.problems] == ["correct", "no right kernel", "not done yet"]


@pytest.fixture
def shown(browser_page: Page, tmp_path: Path) -> Page:
    path = write_sweep(SweepStory("kernelbench", ["On a processor."], FOUND), tmp_path)
    browser_page.goto(path.as_uri())
    browser_page.wait_for_selector("html[data-ready]")
    return browser_page


def test_the_table_is_sorted_and_filtered_and_the_curve_follows(shown: Page) -> None:
    names = shown.locator("#problems-table tbody th")
    assert names.all_inner_texts() == ["a1", "b2", "c3", "d4"]
    shown.get_by_role("button", name=f"against {EAGER}").click()
    assert names.all_inner_texts()[:3] == ["a1", "d4", "b2"]
    shown.get_by_role("button", name="rollouts").click()
    assert names.all_inner_texts() == ["a1", "b2", "c3", "d4"]
    shown.select_option("#group", "level 2")
    assert names.all_inner_texts() == ["c3", "d4"]
    assert "all 2 problems" in shown.locator("#fastp figcaption").inner_text()
    shown.select_option("#group", "*")
    shown.fill("#named", "incorrect")
    assert names.all_inner_texts() == ["c3"]


def test_the_page_says_the_same_as_the_function(shown: Page) -> None:
    words = shown.locator("#fastp figcaption").inner_text()
    assert f"against {EAGER}: fast_0 is 75%, fast_1 25%, fast_2 25%" in words
    assert f"against {COMPILED}: fast_0 is 50%, fast_1 25%, fast_2 0%" in words
    assert "fast_0 = 75%, fast_1 = 25%, fast_2 = 25%" in shown.locator("#head").inner_text()


def test_links_lead_into_the_folder_of_the_sweep_only(shown: Page) -> None:
    links = shown.locator("#problems-table a")
    assert [link.get_attribute("href") for link in links.all()] == ["runs/a1/report.html"]
