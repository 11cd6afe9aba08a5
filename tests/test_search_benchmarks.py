"""What the benchmarks of the search say, in small: their own worlds are right, and the promises hold there."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest

from tests.loaded import ROOT, load

BENCHMARKS = ROOT / "benchmarks"

NOISE = load(BENCHMARKS / "noise.py")
QUALITY = load(BENCHMARKS / "quality.py")
SELECTION = load(BENCHMARKS / "selection.py")


def test_candidates_that_are_all_alike_are_hardly_ever_admitted() -> None:
    outcomes = [NOISE.ours(0.02, seed, 900) for seed in range(2)]
    assert sum(o.admitted for o in outcomes) <= 0.02 * sum(o.proposals for o in outcomes)
    assert sum(o.proposals for o in outcomes) > 400


def test_a_kernel_that_is_truly_a_tenth_faster_is_found() -> None:
    admitted, _, measured = NOISE.power(0.02, 0.10, NOISE.SAMPLES, 40)
    assert admitted > 0.9
    assert measured <= 9  # three tasks: the child once, and at most both sides once more


def test_the_best_of_the_landscape_is_known() -> None:
    best = " ".join([*(f"{f}{n}" for f in QUALITY.FAMILIES for n in range(QUALITY.CHAIN)), "when"])
    assert all(QUALITY.reached(best, t.id) == pytest.approx(1.0) for t in QUALITY.TASKS)
    steps = [QUALITY.reached(text, "red-1") for text in ("red0", "red0 red1", "red-cut")]
    assert max(steps[:2]) < steps[2]  # the way up leads below the shortcut,
    large = [QUALITY.speed(text, "red-1", "large") for text in ("red-cut", "red0", "red0 red1")]
    assert large == sorted(large)  # but for one workload


@pytest.mark.parametrize("way", QUALITY.WAYS)
def test_every_way_of_searching_gets_somewhere_and_is_decided_by_its_seed(way: str) -> None:
    found = QUALITY.run(way, 1, 60)
    assert found == QUALITY.run(way, 1, 60)
    assert found[0] > 0


def test_lessons_in_a_text_for_each_family_are_the_same_lessons() -> None:
    lessons = {"red0", "blue-cut", "green1", "when"}
    for texts, program in QUALITY.PROGRAMS.items():
        names = [c.name for c in program.components]
        held = QUALITY.written(lessons, names)
        assert len(held) == texts
        assert QUALITY.lessons_in(held) == lessons


def test_the_worst_case_of_selection_keeps_the_specialists_and_one_of_the_others() -> None:
    pool, _, _ = SELECTION.ours(SELECTION.adversarial(60, 20, Random(0)))
    assert list(SELECTION.cover(pool)) == [*range(10), 10]


@pytest.mark.slow
def test_a_killed_toy_run_goes_on_as_if_nothing_had_happened() -> None:
    script = BENCHMARKS / "kill_and_resume.py"
    done = subprocess.run(
        [sys.executable, str(script), "--kills", "3"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_whole_runs_that_are_killed_in_flight_keep_their_cap_in_dollars() -> None:
    script = BENCHMARKS / "money.py"
    done = subprocess.run(
        [sys.executable, str(script), "--seeds", "5"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
