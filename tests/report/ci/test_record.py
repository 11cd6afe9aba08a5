"""`result.json`, and the verdicts made again from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kernel_gepa.errors import UsageError
from kernel_gepa.report.ci.again import contradictions
from kernel_gepa.report.ci.record import EXITS, PRECEDENCE, Result, State, exit_code, read, written
from tests.report.ci.made import EVERYTHING, other, result, timed


def kept(tmp_path: Path, found: Result) -> Path:
    path = tmp_path / "result.json"
    path.write_text(written(found))
    return path


def test_a_result_is_read_as_it_was_written_and_its_verdicts_follow(tmp_path: Path) -> None:
    found = read(kept(tmp_path, EVERYTHING))
    assert found == EVERYTHING
    assert list(contradictions(found)) == []
    assert {k.state for k in EVERYTHING.kernels} >= {State.REGRESSION, State.IMPROVED, State.SAME}


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_exit_code(state: State) -> None:
    expected = {
        "unusable": 2,
        "incorrect": 3,
        "regression": 1,
        "failed": 4,
        "unjudged": 6,
        "inconclusive": 5,
    }
    assert exit_code([State.SAME, state]) == expected.get(state.value, 0)


def test_of_several_the_first_by_precedence_counts() -> None:
    states = [state for code in PRECEDENCE for state in EXITS if EXITS[state] == code]
    for first, state in enumerate(states):
        assert exit_code(states[first:][::-1]) == EXITS[state]
    assert exit_code([]) == 0


def test_noise_may_pass_and_nothing_else() -> None:
    assert exit_code([State.INCONCLUSIVE], inconclusive_passes=True) == 0
    assert exit_code([State.INCONCLUSIVE, State.REGRESSION], inconclusive_passes=True) == 1


def test_a_search_that_offers_nothing_is_a_success() -> None:
    states = [State.UNCHANGED, State.INCONCLUSIVE, State.REGRESSION]
    assert exit_code(states, command="improve") == 0
    assert exit_code([State.FAILED], command="improve") == 4


def _relabelled(packed: Any) -> None:
    packed["kernels"][0]["cells"][0]["claim"] = "same"


def _restated(packed: Any) -> None:
    packed["kernels"][0]["state"] = "same"


def _skipped(packed: Any) -> None:
    packed["kernels"][0]["state"] = "skipped"


def _forgiven(packed: Any) -> None:
    packed["exit_code"] = 0


def _another_figure(packed: Any) -> None:
    packed["kernels"][0]["cells"][0]["speedup"]["value"] *= 1.0001


def _another_sample(packed: Any) -> None:
    look = packed["kernels"][0]["cells"][0]["looks"][-1]
    look["pairs"][3]["head"] = [s / 2 for s in look["pairs"][3]["head"]]


def _without_samples(packed: Any) -> None:
    packed["kernels"][0]["cells"][0]["looks"] = []


def _without_cells(packed: Any) -> None:
    packed["kernels"][0]["cells"] = []


def _another_threshold(packed: Any) -> None:
    packed["rule"]["threshold"] = 0.5


def _one_process(packed: Any) -> None:
    for look in packed["kernels"][0]["cells"][0]["looks"]:
        look["pairs"] = look["pairs"][:1]


def _negative(packed: Any) -> None:
    packed["kernels"][0]["cells"][0]["looks"][0]["pairs"][0]["base"][0] = -1.0


TAMPERED = (
    _relabelled,
    _restated,
    _skipped,
    _forgiven,
    _another_figure,
    _another_sample,
    _without_samples,
    _without_cells,
    _another_threshold,
    _one_process,
    _negative,
)


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda f: f.__name__)
def test_what_was_edited_no_longer_follows(tmp_path: Path, tamper: Callable[[Any], None]) -> None:
    packed = json.loads(written(result(timed("slow", line=0.3, odd=0.0))))
    tamper(packed)
    path = tmp_path / "result.json"
    path.write_text(json.dumps(packed))
    assert list(contradictions(read(path)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not the result of a check"),
        ("[]", "is not the result of a check"),
        ("{" * 100_000, "is not the result of a check"),
        ('{"schema": 2}', "is of schema 2, and this version reads 1"),
        ('{"schema": 1}', "is not a whole result"),
        ('{"schema": NaN}', "NaN is not a number of JSON"),
        ("\x00\xff", "is not the result of a check"),
    ],
)
def test_a_file_that_is_no_result_is_refused_with_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=said):
        read(path)


def test_a_key_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    packed = json.loads(written(EVERYTHING))
    packed["kernels"][0]["note_to_self"] = "pass"
    path = tmp_path / "result.json"
    path.write_text(json.dumps(packed))
    with pytest.raises(UsageError, match="not a whole result"):
        read(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.json cannot be read"):
        read(tmp_path / "nowhere.json")


def test_a_claim_without_samples_does_not_follow() -> None:
    bare = other("bare", State.SAME, "")
    assert list(contradictions(result(bare)))
    assert not list(contradictions(result(replace(bare, state=State.NEW))))
