"""What a run has recorded is said again; what it never heard is an error of the house."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_gepa.errors import InfrastructureError, ModelError, UsageError
from kernel_gepa.models import replay
from kernel_gepa.models.recorded import Recorded, Replied
from kernel_gepa.models.scripted import Line, Scripted
from kernel_gepa.ports import Reply
from kernel_gepa.store import records
from kernel_gepa.store.journal import Journal


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run in which a model was asked the same twice, and something else once."""
    with Journal(tmp_path / "run") as journal:
        journal.append(records.header({}))

        def write(replied: Replied) -> None:
            journal.append(records.fact(records.REPLY, replied))

        lines: list[Line] = [Reply("one", tokens_in=3, usd=0.1), "two", Reply("half", truncated=True)]
        model = Recorded(Scripted(lines, name="somebody"), replies={}, on_fact=write)
        for prompt, sample in (("hello", 0), ("hello", 1), ("other", 0)):
            model.complete(prompt, sample=sample)
    return tmp_path / "run"


@pytest.mark.parametrize("what", ["", "/journal.jsonl"])
def test_replies_are_found_by_question_whatever_the_order(run: Path, what: str) -> None:
    model = replay.create(f"{run}{what}")
    assert model.complete("other").truncated
    assert model.complete("hello", sample=1).text == "two"
    assert model.complete("hello") == Reply("one", tokens_in=3, usd=0.1)
    assert model.complete("hello") == Reply("one", tokens_in=3, usd=0.1)


def test_a_miss_ends_the_run_and_is_no_failure_of_a_model(run: Path) -> None:
    model = replay.create(str(run))
    for prompt, sample in (("hello", 2), ("never", 0)):
        with pytest.raises(InfrastructureError, match="holds no reply") as caught:
            model.complete(prompt, sample=sample)
        assert not isinstance(caught.value, ModelError)  # which a search would survive


def test_in_order_they_are_given_whatever_is_asked_and_no_more_than_there_are(run: Path) -> None:
    model = replay.create_in_order(str(run))
    given = [model.complete(prompt) for prompt in ("new words", "hello", "more")]
    assert [reply.text for reply in given] == ["one", "two", "half"]
    assert given[2].truncated
    with pytest.raises(InfrastructureError, match="all of its 3 replies") as caught:
        model.complete("hello")
    assert not isinstance(caught.value, ModelError)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    for spec in ("", str(tmp_path / "nowhere"), str(tmp_path)):
        with pytest.raises(UsageError, match="no recording"):
            replay.create(spec)
    with Journal(tmp_path / "silent") as journal:
        journal.append(records.header({}))
    with pytest.raises(UsageError, match="no reply"):
        replay.create(str(tmp_path / "silent"))
    (tmp_path / "journal.jsonl").write_text("{}\nnonsense\n")
    with pytest.raises(UsageError, match="line 2"):
        replay.create(str(tmp_path))
