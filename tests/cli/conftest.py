"""The command line is tested as users meet it: as a process, by what it prints, writes and returns."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

TASKS = Path(__file__).parent / "tasks"
KERNEL_GEPA = (sys.executable, "-I", "-c", "from kernel_gepa.cli import main; main()")


@dataclass(frozen=True)
class Desk:
    """A folder of one's own with the tasks in it, and the command."""

    folder: Path

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*KERNEL_GEPA, *arguments],
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=1200,  # a hang; timing is behind one lease, and others may hold it for minutes
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*KERNEL_GEPA, *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for file in TASKS.iterdir():
        if file.is_file():
            shutil.copy(file, tmp_path)
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with one finished run in `run`; tests read it and leave it as it is."""
    folder = tmp_path_factory.mktemp("finished")
    for file in TASKS.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    made = Desk(folder)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    done = made.run(
        "optimize", "scale.py", "--max-rollouts", "6", "--processes", "3", "--run", "run", "--out", "best.cpp"
    )
    (folder / "stdout").write_text(done.stdout)
    (folder / "stderr").write_text(done.stderr)
    assert done.returncode == 0, done.stderr
    return made
