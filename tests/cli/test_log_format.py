"""Progress for people and for machines, of a whole search: the recorded run made again, which measures nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kernel_gepa.domain.events import Passed
from kernel_gepa.models.recorded import Replied
from kernel_gepa.recipes.reading import Read, read
from kernel_gepa.store.records import REPLY
from tests.cli.conftest import Desk
from tests.loaded import ROOT

RECORDED = ROOT / "examples" / "recorded" / "both"


@pytest.fixture(scope="module")
def recorded() -> Read:
    return read(RECORDED)


@pytest.fixture(scope="module")
def again(recorded: Read, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, tuple[str, ...]]:
    """Where to make it again, and how."""
    folder = tmp_path_factory.mktemp("again")
    replies = [r.reply.text for r in recorded.recorded.facts(REPLY, Replied)]
    (folder / "replies.json").write_text(json.dumps(replies))
    kernels = [str(ROOT / source) for source in recorded.header.wish.sources]
    model, cap = f"scripted:{folder / 'replies.json'}", str(recorded.spend.rollouts)
    how = ("--evolve", "both", "--model", model, "--verdicts", str(RECORDED), "--max-rollouts", cap)
    return Desk(folder), ("optimize", *kernels, *how, "--processes", "3", "--seed", "1", "--sandbox", "local")


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_as_json_every_line_is_an_object_and_every_step_has_one(recorded: Read, again: tuple[Desk, Any]) -> None:
    desk, how = again
    done = desk.run(*how, "--run", "json", "--log-format", "json", TERM="xterm-256color", FORCE_COLOR="1")
    assert done.returncode == 0, done.stderr
    told, history = objects(done.stderr), recorded.recorded.history
    steps = [t for t in told if t["event"] == "step"]
    assert [(s["step"], s["decision"]) for s in steps] == [(n, type(e).__name__.lower()) for n, e in enumerate(history)]
    assert [s["reason"] for s in steps] == [e.reason for e in history]
    assert [s.get("origin") for s in steps] == [None if isinstance(e, Passed) else e.child.origin for e in history]
    first = steps[0]["evaluations"][0]
    assert (first["task"], first["verdict"], first["estimated"]) == ("softmax", "correct", False)
    assert 1 < first["speedup"]["low"] <= first["speedup"]["median"] <= first["speedup"]["high"]
    assert [t["spent"]["rollouts"] for t in told if t["event"] == "standing"][-1] == recorded.spend.rollouts
    assert any(t["event"] == "note" and t["text"].startswith("budget ") for t in told)
    assert {t["time"][-6:] for t in told} == {"+00:00"}
    assert (desk.folder / "json" / "report.html").is_file()


def test_without_a_terminal_there_are_plain_lines(again: tuple[Desk, Any]) -> None:
    desk, how = again
    done = desk.run(*how, "--run", "text")
    assert done.returncode == 0, done.stderr
    assert not {"\x1b", "\r"} & set(done.stderr)
    steps = [line for line in done.stderr.splitlines() if line.split()[2:3] in (["admitted"], ["declined"], ["passed"])]
    assert len(steps) == 19
    assert Path(desk.folder / "text" / "report.html").is_file()
