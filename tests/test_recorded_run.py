"""The recorded run of examples/recorded: it is made again offline, decision by decision, without a model or a bench.

Replies are given in the order in which they came, so that a better wording of a prompt does not void the record.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kernel_gepa.domain.events import Passed
from kernel_gepa.models.recorded import Replied, question
from kernel_gepa.recipes.reading import Read, read
from kernel_gepa.store import records
from tests.cli.conftest import KERNEL_GEPA
from tests.loaded import ROOT
from tests.paths import absolute_paths

RECORDED = ROOT / "examples" / "recorded" / "both"


@pytest.fixture(scope="module")
def run() -> Read:
    return read(RECORDED)


def decisions(folder: Path) -> list[dict[str, Any]]:
    """Without times, and without the keys, which name the bench's version."""
    found = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    kept = ("step", "type", "child", "reason", "parent")
    return [{k: r[k] for k in kept if k in r} for r in found if r["kind"] == "step"]


def test_the_command_of_its_page_makes_it_again(tmp_path: Path) -> None:
    page = (RECORDED.parent / "README.md").read_text()
    command = re.search(r"^kernel-gepa (optimize (?:.*\\\n)*.*)$", page, re.MULTILINE)
    assert command is not None
    done = subprocess.run(
        [*KERNEL_GEPA, *shlex.split(command[1].replace("\\\n", " ")), "--run", str(tmp_path / "again")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert decisions(tmp_path / "again") == decisions(RECORDED)
    assert "softmax: Not verified: 8.57x" in done.stdout  # the record ends before a verification, and says so
    asked = read(tmp_path / "again").recorded.facts(records.REPLY, Replied)
    assert all(a.prompt and question(a.prompt, model="scripted", sample=0).prompt == a.question.prompt for a in asked)


def test_it_shows_what_it_is_said_to_show(run: Read) -> None:
    judged = [e for e in run.recorded.history[1:] if not isinstance(e, Passed) and e.evaluations]
    assert len(judged) >= 15
    assert run.header.wish.evolve == "both"
    assert len(run.header.tasks) == 3


def test_no_machine_path_is_in_the_record() -> None:
    text = (RECORDED / "journal.jsonl").read_text()
    assert absolute_paths(text) == []
