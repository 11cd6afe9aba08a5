"""`ci improve`: what is won is a patch that git takes, and nothing won is no failure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kernel_gepa.report.ci.summary import MARK
from tests.cli.conftest import Desk
from tests.cli.library import git, library

SCALE = Path(__file__).parent / "tasks"
REPEATED = """\
#include <cstdint>

extern "C" void scale(const float* x, float* y, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        volatile float value = 2.0f * x[i];
        for (int many = 0; many < 40; many++) value = 2.0f * x[i];
        y[i] = value;
    }
}
"""
REPLY = """\
```cpp
#include <cstdint>

extern "C" void scale(const float* x, float* y, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = 2.0f * x[i];
}
```
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """The example's library with a kernel that does everything forty times."""
    made = library(tmp_path)
    made.write("kernels/scale.cpp", REPEATED)
    made.write("replies.json", json.dumps([REPLY] * 3))
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "a slow one")
    return made


ASKED = ("ci", "improve", "kernels/scale.py", "--max-rollouts", "4", "--processes", "3")


@pytest.mark.slow
def test_a_winner_is_a_patch_with_its_evidence_and_is_won_again_offline(desk: Desk) -> None:
    commit = git(desk.folder, "rev-parse", "HEAD")
    done = desk.run(*ASKED, "--model", "scripted:replies.json", "--max-calls", "3", "--out", "out")
    out = desk.folder / "out"
    assert done.returncode == 0, done.stderr
    found = json.loads((out / "result.json").read_text())
    assert [kernel["state"] for kernel in found["kernels"]] == ["improved"], done.stdout
    assert git(desk.folder, "rev-parse", "HEAD") == commit
    assert git(desk.folder, "status", "--porcelain", "--untracked-files=no") == ""
    assert (out / "summary.md").read_text().startswith(MARK.format(command="improve"))
    assert "<script" in (out / "report.html").read_text()  # the page of the run
    assert desk.run("ci", "verify", "out/result.json").returncode == 0
    for way in (("apply", "--check"), ("am", "-q")):
        git(desk.folder, *way, "out/improve.patch")
    message = git(desk.folder, "log", "-1", "--format=%B")
    assert message.startswith("Make scale ")
    assert "95 % interval" in message
    assert "fresh processes of both sides" in message
    assert "many < 40" not in (desk.folder / "kernels" / "scale.cpp").read_text()
    git(desk.folder, "reset", "-q", "--hard", commit.strip())
    shutil.rmtree(desk.folder / "replayed", ignore_errors=True)
    nothing = {"DOCKER_HOST": "unix:///nowhere/docker.sock", "CXX": "/nowhere/c++"}
    again = desk.run("ci", "improve", "--replay", "out/run-1", "--out", "replayed", **nothing)
    assert again.returncode == 0, again.stderr
    one, other = ((desk.folder / o / "improve.patch").read_text() for o in ("out", "replayed"))
    assert one.partition("\n---\n")[2] == other.partition("\n---\n")[2]
    replayed = json.loads((desk.folder / "replayed" / "result.json").read_text())
    assert replayed["kernels"] == found["kernels"]
    assert desk.run("ci", "verify", "replayed/result.json").returncode == 0


@pytest.mark.slow
def test_finding_nothing_is_a_success_without_a_patch(desk: Desk) -> None:
    """The only reply is the kernel that is there."""
    same = f"```cpp\n{REPEATED.replace('many < 40', 'many < 41')}```\n"
    desk.write("replies.json", json.dumps([same, same.replace("41", "42"), same.replace("41", "43")]))
    git(desk.folder, "commit", "-q", "-a", "-m", "other replies")
    (desk.folder / "out").mkdir()
    desk.write("out/improve.patch", "of yesterday")
    done = desk.run(
        *ASKED, "--model", "scripted:replies.json", "--max-calls", "3", "--out", "out", "--least-speedup", "3"
    )
    assert done.returncode == 0, done.stderr
    assert not (desk.folder / "out" / "improve.patch").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--max-rollouts", "2"], 2, "too small"),
        (["--least-speedup", "0.9"], 2, "is no speedup"),
        (["--replay", "nowhere"], 2, "nowhere is not the folder of a run"),
    ],
)
def test_what_cannot_be_meant_is_found_before_anything_is_spent(
    desk: Desk, words: list[str], code: int, said: str
) -> None:
    done = desk.run("ci", "improve", "kernels/scale.py", *words, "--out", "out")
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_kernel_with_changes_that_nobody_else_has_is_refused(desk: Desk) -> None:
    desk.write("kernels/scale.cpp", REPEATED + "\n")
    done = desk.run("ci", "improve", "kernels/scale.py", "--out", "out")
    assert done.returncode == 2, done.stderr
    assert "commit or stash" in done.stderr
