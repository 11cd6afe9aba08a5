from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Desk
from tests.cli.library import git


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]


def decisions(run: Path) -> list[dict[str, Any]]:
    """What the search decided, without the seconds it took."""
    found = [record for record in lines(run) if record["kind"] in ("step", "verification")]
    for record in found:
        for seconds in ("wall_s", "device_s"):
            record.get("spend", {}).pop(seconds, None)
    return found


def test_a_run_leaves_the_winner_with_its_patch_its_result_and_its_report(finished: Desk) -> None:
    run = finished.folder / "run"
    result = json.loads((run / "result.json").read_text())
    winner = result["winner"]
    assert winner is not None, (finished.folder / "stdout").read_text()
    assert (run / winner["path"]).read_text() == (finished.folder / "best.cpp").read_text()
    assert (run / result["start"]["path"]).read_text() == (finished.folder / "scale.cpp").read_text()
    assert winner["geomean"]["start"]["low"] > 1.0
    assert {(v["workload"], v["against"]) for v in winner["verified"]} == {
        (workload, against) for workload in ("small", "odd") for against in ("start", "eager")
    }
    assert result["spend"]["rollouts"] == 6
    assert winner["won_by"] == "own kernel"
    assert result["correct_by_provenance"] == {"own kernel": result["tried"]["correct"]}
    report = (run / "report.md").read_text()
    assert f"{winner['geomean']['start']['median']:.2f}x" in report
    assert "Not measured on a GPU" in report
    assert "Won by: own kernel." in report
    assert f"Correct ones by maker: {result['tried']['correct']} own kernel." in report
    assert "bound (estimate), reached" in report
    assert "the baseline drifted by" in report
    for measured in winner["verified"]:
        assert measured["conditions"]["load_before"] >= 0
        assert measured["peak_fraction"] == measured["bound"]["seconds"] / measured["candidate_s"]


def test_the_result_is_on_stdout_and_one_line_per_step_on_stderr(finished: Desk) -> None:
    stdout, stderr = (finished.folder / "stdout").read_text(), (finished.folder / "stderr").read_text()
    assert stdout.startswith("Verified")  # a noisy machine may make it inconclusive
    assert "report.md" in stdout
    steps = [line for line in stderr.splitlines() if line.split()[:1] and line.split()[0].isdigit()]
    assert len(steps) == sum(record["kind"] == "step" for record in lines(finished.folder / "run"))
    assert "no model is configured" in stderr


def test_the_patch_applies_with_git_and_makes_the_file_the_winner(finished: Desk) -> None:
    folder = finished.folder
    patch = folder / "run" / "kernel.patch"
    before = (folder / "scale.cpp").read_text()
    try:
        subprocess.run(["git", "apply", str(patch)], cwd=folder, check=True)
        assert (folder / "scale.cpp").read_text() == (folder / "best.cpp").read_text()
    finally:
        (folder / "scale.cpp").write_text(before)


def test_status_and_show_tell_of_a_run_without_changing_it(finished: Desk) -> None:
    journal = (finished.folder / "run" / "journal.jsonl").read_bytes()
    status = json.loads(finished.run("status", "run", "--json").stdout)
    assert status["rollouts"] == 6
    assert status["verified"] is True
    assert status["ended"] == "the budget of 6 rollouts is spent"
    shown = finished.run("show", "run").stdout
    assert "best at small: " in shown
    assert 'extern "C"' in finished.run("show", "run", "0").stdout
    missing = finished.run("show", "run", "99")
    assert (missing.returncode, "Traceback" in missing.stderr) == (2, False)
    assert (finished.folder / "run" / "journal.jsonl").read_bytes() == journal


def test_resuming_a_finished_run_measures_nothing_again(finished: Desk) -> None:
    before = lines(finished.folder / "run")
    done = finished.run("resume", "run")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == (finished.folder / "stdout").read_text().splitlines()[0]
    assert lines(finished.folder / "run") == before


def test_without_a_terminal_progress_is_plain_lines(finished: Desk) -> None:
    said = (finished.folder / "stderr").read_text()
    assert "\x1b" not in said
    assert "\r" not in said


def test_a_run_decided_again_from_recorded_verdicts_is_the_same_run(finished: Desk) -> None:
    arguments = ("optimize", "scale.py", "--max-rollouts", "6", "--verdicts", "run")
    assert finished.run(*arguments, "--run", "again").returncode == 0
    assert decisions(finished.folder / "again") == decisions(finished.folder / "run")


@pytest.mark.parametrize("after_lines", [1, 2, 3, 5])
def test_a_killed_run_becomes_the_run_that_would_have_been(finished: Desk, after_lines: int) -> None:
    """What a kill leaves is a prefix of the journal, with or without a torn line."""
    whole = (finished.folder / "run" / "journal.jsonl").read_bytes().splitlines(keepends=True)
    header = json.loads(whole[0])
    header["settings"]["wish"]["verdicts"] = "run"
    killed = finished.folder / f"killed-{after_lines}"
    killed.mkdir()
    torn = whole[after_lines][: len(whole[after_lines]) // 2]
    kept = [json.dumps(header).encode() + b"\n", *whole[1:after_lines], torn]
    (killed / "journal.jsonl").write_bytes(b"".join(kept))
    done = finished.run("resume", str(killed))
    assert done.returncode == 0, done.stderr
    assert decisions(killed) == decisions(finished.folder / "run")


def test_control_c_finishes_the_step_in_flight_and_says_how_to_go_on(desk: Desk) -> None:
    process = desk.start("optimize", "scale.py", "--max-rollouts", "200", "--run", "run")
    journal = desk.folder / "run" / "journal.jsonl"
    deadline = time.monotonic() + 1200
    while time.monotonic() < deadline and not (journal.exists() and b'"step"' in journal.read_bytes()):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=1200)
    assert process.returncode == 130, stderr
    assert "kernel-gepa resume run" in stderr
    assert json.loads(desk.run("status", "run", "--json").stdout)["ended"] is None
    assert lines(desk.folder / "run")[-1]["kind"] == "step"


WRONG = '```cpp\n#include <cstdint>\nextern "C" void scale(const float* x, float* y, int64_t n) { y[0] = %d; }\n```'


def test_a_run_in_which_every_proposal_fails_exits_with_3_and_says_why(desk: Desk) -> None:
    desk.write("replies.json", json.dumps([WRONG % number for number in range(20)]))
    done = desk.run("optimize", "scale.py", "--model", "scripted:replies.json", "--max-rollouts", "5", "--run", "run")
    assert done.returncode == 3, done.stderr
    assert "every proposal failed (4 incorrect)" in done.stderr
    assert "WRONG RESULT" in done.stderr
    assert "No kernel was found" in done.stdout


def test_a_run_in_which_no_proposal_could_be_judged_exits_with_4_and_says_why(desk: Desk) -> None:
    desk.write("replies.json", json.dumps(["I would rather not."] * 150))
    done = desk.run("optimize", "scale.py", "--model", "scripted:replies.json", "--run", "run", "--max-calls", "5")
    assert done.returncode == 4, done.stderr
    assert "no proposal was ever evaluated" in done.stderr


def test_a_model_that_answers_with_a_better_kernel_wins(desk: Desk) -> None:
    better = (desk.folder / "scale.cpp").read_text()
    desk.write("replies.json", json.dumps([f"Vectorise it:\n```cpp\n// build: -ffast-math\n{better}```"] * 3))
    done = desk.run(
        "optimize", "scale.py", "--model", "scripted:replies.json", "--max-calls", "3", "--processes", "3",
        "--run", "run", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["winner"]["origin"] == "reflect"
    assert result["spend"]["model_calls"] >= 1
    assert result["spend"]["unpriced_calls"] >= 1


def test_a_broken_start_that_a_model_repairs_is_measured_against_eager_and_told(desk: Desk) -> None:
    repaired = (desk.folder / "scale.cpp").read_text()
    desk.write("scale.cpp", repaired.replace("1.0f", "nothing"))
    desk.write("replies.json", json.dumps([f"```cpp\n// build: -ffast-math\n{repaired}```"] * 3))
    done = desk.run(
        "optimize",
        "scale.py",
        "--model",
        "scripted:replies.json",
        "--max-calls",
        "3",
        "--processes",
        "3",
        "--run",
        "run",
    )
    assert done.returncode == 0, done.stderr
    assert "baseline  eager PyTorch" in done.stderr
    result = json.loads((desk.folder / "run" / "result.json").read_text())
    assert result["tried"]["correct"] >= 1
    if result["winner"] is not None:  # whether it beats eager is the machine's business; that it is told is ours
        assert "against eager PyTorch" in done.stdout
    else:
        assert "measurably faster than eager PyTorch" in done.stdout


def test_a_recorded_run_is_an_improvement_for_ci_without_a_bench(finished: Desk, tmp_path: Path) -> None:
    """Offline, and with the patch that was won then, if one was: as a mail that git takes."""
    shutil.copytree(finished.folder, tmp_path, dirs_exist_ok=True)
    desk = Desk(tmp_path)
    git(tmp_path, "add", "--", "scale.py", "scale.cpp")
    git(tmp_path, "commit", "-q", "-m", "the kernel")
    nowhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock", "CXX": "/nowhere/c++"}
    done = desk.run("ci", "improve", "--replay", "run", "--out", "again", "--least-speedup", "1.0001", **nowhere)
    assert done.returncode == 0, done.stderr
    again, won = tmp_path / "again", (tmp_path / "run" / "kernel.patch").exists()
    kernel = json.loads((again / "result.json").read_text())["kernels"][0]
    assert desk.run("ci", "verify", "again/result.json").returncode == 0
    if kernel["state"] == "improved":
        assert won
        git(tmp_path, "am", "-q", "again/improve.patch")
        assert (tmp_path / "scale.cpp").read_text() == (tmp_path / "run" / "kernel.opt.cpp").read_text()
        assert "fresh processes of both sides" in git(tmp_path, "log", "-1", "--format=%B")
    else:  # won on average, and not on every workload; or not at all
        assert not (again / "improve.patch").exists()
