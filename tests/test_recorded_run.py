"""The recorded run of examples/recorded: it is made again offline, decision by decision, without a model or a bench.

Replies are given in the order in which they came, so that a better wording of a prompt does not void the record;
`--model replay:` finds them by the very prompts and is stricter.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kernel_gepa.domain.budget import Budget
from kernel_gepa.domain.events import Passed
from kernel_gepa.models.recorded import Replied, question
from kernel_gepa.recipes.begin import create
from kernel_gepa.recipes.reading import Read, read
from kernel_gepa.store import records
from tests.loaded import ROOT

RECORDED = ROOT / "examples" / "recorded" / "both"


@pytest.fixture(scope="module")
def run() -> Read:
    return read(RECORDED)


def decisions(folder: Path) -> list[dict[str, Any]]:
    """Without times, and without the keys, which name the bench's version."""
    found = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    kept = ("step", "type", "child", "reason", "parent")
    return [{k: r[k] for k in kept if k in r} for r in found if r["kind"] == "step"]


def test_the_recorded_run_is_made_again_offline(run: Read, tmp_path: Path) -> None:
    script = tmp_path / "replies.json"
    script.write_text(json.dumps([r.reply.text for r in run.recorded.facts(records.REPLY, Replied)]))
    spent = Budget(rollouts=run.spend.rollouts)  # the record was ended by hand; the cap ends the repetition there
    wish = replace(run.header.wish, model=f"scripted:{script}", verdicts=str(RECORDED), budget=spent)
    with create(wish, tmp_path / "again") as again:
        list(again.search())
    assert decisions(tmp_path / "again") == decisions(RECORDED)
    asked = read(tmp_path / "again").recorded.facts(records.REPLY, Replied)
    assert all(a.prompt and question(a.prompt, model="scripted", sample=0).prompt == a.question.prompt for a in asked)


def test_it_shows_what_it_is_said_to_show(run: Read) -> None:
    judged = [e for e in run.recorded.history[1:] if not isinstance(e, Passed) and e.evaluations]
    assert len(judged) >= 15
    assert run.header.wish.evolve == "both"
    assert len(run.header.tasks) == 3


def test_no_machine_path_is_in_the_record() -> None:
    text = (RECORDED / "journal.jsonl").read_text()
    assert not any(folder in text for folder in ("/tmp/", "/home/", "/root/", "/work/", "/dev/shm"))
