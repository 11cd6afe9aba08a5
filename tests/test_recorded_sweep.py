"""The recorded sweep of examples/recorded/kernelbench: its searches are made again offline, decision by decision.

As in test_recorded_run.py the replies are given in the order in which they came, so that a better wording of a prompt
does not void the record.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.domain.budget import Budget
from kernel_gepa.models.recorded import Replied
from kernel_gepa.recipes.begin import create
from kernel_gepa.recipes.reading import read
from kernel_gepa.store import records
from tests.loaded import ROOT
from tests.paths import absolute_paths
from tests.test_recorded_run import decisions

RECORDED = ROOT / "examples" / "recorded" / "kernelbench"
SEARCHES = sorted(path.parent for path in RECORDED.glob("level_*/journal.jsonl"))
CONTROLS = sorted(path.parent for path in RECORDED.glob("level_*/control-best-of-n/journal.jsonl"))


def task_of(recorded: Path, folder: Path) -> Path:
    """The task's file, under the name by which the sweep knew it."""
    (source,) = read(recorded).header.wish.sources
    level, number, title = Path(source).stem.removeprefix("level").split("_", 2)
    own = ROOT / "kernelbench_tasks" / f"level{level}" / f"{number}_{title}.py"
    return Path(shutil.copy(own, folder / Path(source).name))


def proposals(recorded: Path) -> int:
    return len(decisions(recorded)) - 1  # less the start


@pytest.mark.parametrize("recorded", [*SEARCHES, *CONTROLS], ids=lambda p: str(p.relative_to(RECORDED)))
def test_a_recorded_search_is_made_again_offline(recorded: Path, tmp_path: Path) -> None:
    run = read(recorded)
    script = tmp_path / "replies.json"
    script.write_text(json.dumps([r.reply.text for r in run.recorded.facts(records.REPLY, Replied)]))
    wish = replace(
        run.header.wish,
        sources=(str(task_of(recorded, tmp_path)),),
        model=f"scripted:{script}",
        verdicts=str(recorded),
        budget=Budget(rollouts=run.spend.rollouts),  # what the sweep dealt to this problem
        force=True,
    )
    with create(wish, tmp_path / "again") as again:
        list(again.search())
    assert decisions(tmp_path / "again") == decisions(recorded)


def test_it_is_as_large_as_it_is_said_to_be() -> None:
    assert len(SEARCHES) == 12
    assert {read(path).header.wish.sources[0].split("level")[1][0] for path in SEARCHES} == {"1", "2", "3"}
    assert sum(map(proposals, SEARCHES)) == 44


def test_no_machine_path_is_in_the_record() -> None:
    journals = list(RECORDED.rglob("*.jsonl"))
    assert journals
    for path in journals:
        text = path.read_text()
        assert absolute_paths(text) == []
