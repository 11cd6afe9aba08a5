"""The worked example, from `git init` on: its library, and the changes that somebody sends."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.cli.conftest import Desk

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "ci"
WHO = ("-c", "user.name=somebody", "-c", "user.email=somebody@localhost", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *WHO, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def library(folder: Path) -> Desk:
    """A repository with one commit, whose branch is `main`."""
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "the library")
    return Desk(folder)


def changed(desk: Desk, *names: str) -> None:
    """A commit on a branch of its own, with some of the example's changes."""
    git(desk.folder, "checkout", "-q", "-b", "-".join(names))
    git(desk.folder, "apply", *(f"changes/{name}.patch" for name in names))
    git(desk.folder, "commit", "-q", "-a", "-m", " and ".join(names))
