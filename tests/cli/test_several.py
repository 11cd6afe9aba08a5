"""Several tasks from the command line: winners, listings and files of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Desk

SHIFT = """\
#include <cstdint>

extern "C" void shift(const float* x, float* y, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] / 3.0f / 7.0f / 11.0f;
}
"""
TASK = """\
kernel = "shift.cpp"
tolerance = {"rtol": 1e-4, "atol": 1e-6}
def workloads(): return {"only": {"x": "float32[n=4096]"}}
def reference(x): return x / 3 / 7 / 11
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("several")
    tasks = Path(__file__).parent / "tasks"
    made = Desk(folder)
    for name in ("scale.py", "scale.cpp"):
        made.write(name, (tasks / name).read_text())
    made.write("shift.py", TASK)
    made.write("shift.cpp", SHIFT)
    (folder / "best").mkdir()
    arguments = ("--max-rollouts", "8", "--processes", "3", "--run", "run", "--out", "best")
    found = made.run("optimize", "scale.py", "shift.py", *arguments)
    assert found.returncode == 0, found.stderr
    made.write("stdout", found.stdout)
    made.write("stderr", found.stderr)
    return made


def test_each_task_has_its_own_headline_and_its_own_files(done: Desk) -> None:
    stdout = (done.folder / "stdout").read_text()
    results = json.loads((done.folder / "run" / "result.json").read_text())["tasks"]
    for task in ("scale", "shift"):
        assert f"{task}: " in stdout
        own = json.loads((done.folder / "run" / task / "result.json").read_text())
        assert own == results[task]
        assert (own["winner"] is not None) == (done.folder / "best" / f"{task}.cpp").exists()
    assert [results[t]["beside"] for t in ("scale", "shift")] == [["shift"], ["scale"]]


def test_a_step_says_which_task_it_ran(done: Desk) -> None:
    steps = [s for s in (done.folder / "stderr").read_text().splitlines() if s.split()[:1] and s.split()[0].isdigit()]
    assert "[scale, shift]" in steps[0]
    assert any(s.endswith("[scale]") for s in steps[1:])
    assert any(s.endswith("[shift]") for s in steps[1:])


def test_show_lists_the_fastest_for_each_task_and_workload_with_their_origin(done: Desk) -> None:
    shown = done.run("show", "run").stdout
    for workload in ("small", "odd", "only"):
        assert f"best at {workload}: " in shown
    assert "by seed (candidate 0)" in shown
    one = done.run("show", "run", "--task", "shift").stdout
    assert "best at only: " in one
    assert "best at odd: " not in one
    first = done.run("show", "run", "--task", "shift", "--kernel", "1").stdout
    assert first == (done.folder / "run" / "shift" / "archive" / "001.cpp").read_text()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show", "run", "--task", "cabbage"), "its tasks are: scale, shift"),
        (("show", "run", "--kernel", "1"), "Add --task"),
        (("show", "run", "--task", "scale", "--kernel", "99"), "give a rank from 1 to"),
        (("export-prompt", "run"), "evolved kernels and no prompts"),
        (("optimize", "scale.py", "shift.py", "--out", "best.cpp"), "must be a folder"),
    ],
)
def test_what_cannot_be_shown_gets_one_clear_sentence(done: Desk, arguments: tuple[str, ...], why: str) -> None:
    found = done.run(*arguments)
    assert (found.returncode, "Traceback" in found.stderr) == (2, False)
    assert why in found.stderr
