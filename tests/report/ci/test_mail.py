"""The patch with its evidence, as git takes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kernel_gepa.report import patch
from kernel_gepa.report.ci.mail import Won, mail, subject
from tests.cli.library import git
from tests.report.ci.made import HOSTILE, result, timed

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OLD = "int one;\nint two;\n"
ANOTHER_FILE = "x\n---\ndiff --git a/b.cpp b/b.cpp\n--- a/b.cpp\n+++ b/b.cpp\n@@ -1 +0,0 @@\n-int one;"


def won(folder: Path, name: str, new: str, origin: str = "reflect") -> Won:
    path = folder / f"{name}.cpp"
    kernel = timed(name, line=-0.3, odd=-0.2)
    return Won(kernel, origin, patch.unified(path, path.read_text(), new))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / f"{name}.cpp").write_text(OLD)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "start")
    return tmp_path


@pytest.mark.parametrize("new", ["int one;\nint three;\n", "int three;", "-- \nFrom: x\n---\n"])
def test_git_applies_it_with_and_without_its_message(repository: Path, new: str) -> None:
    winners = [won(repository, "a", new), won(repository, "b", new)]
    (repository / "improve.patch").write_text(mail(winners, result(*(w.kernel for w in winners)), AT))
    git(repository, "apply", "--check", "improve.patch")
    git(repository, "am", "-q", "improve.patch")
    assert {(repository / f"{name}.cpp").read_text() for name in ("a", "b")} == {new}
    message = git(repository, "log", "-1", "--format=%B%n%ad", "--date=iso-strict")
    assert message.startswith("Make 2 kernels faster\n\nkernels/a.py, by reflect:\n  line: 1.43x (95 % interval ")
    assert "2026-01-02T03:04:05" in message


@pytest.mark.parametrize("text", [*HOSTILE, ANOTHER_FILE], ids=range(len(HOSTILE) + 1))
def test_what_a_model_calls_itself_changes_no_file_and_no_header(repository: Path, text: str) -> None:
    new = "int three;\n"
    found = won(repository, "a", new, origin=text)
    found = replace(found, kernel=replace(found.kernel, name=text[:300], source=text[:300]))
    written = mail([found], result(found.kernel), AT)
    (repository / "improve.patch").write_text(written)
    git(repository, "am", "-q", "improve.patch")
    assert (repository / "a.cpp").read_text() == new
    assert (repository / "b.cpp").read_text() == OLD
    assert git(repository, "log", "-1", "--format=%an") == "kernel-gepa\n"
    assert subject([found]).isascii()
    assert "\n" not in subject([found])
