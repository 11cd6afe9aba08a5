from __future__ import annotations

from dataclasses import dataclass

import pytest

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.errors import RunFolderError
from kernel_gepa.store.records import EVALUATION, REPLY, Record, decision, fact, header, read_back
from kernel_gepa.testing.toys import evaluation

SEEN = (evaluation("s", {"w": 1.5}), evaluation("t", {"w": 2.0}))
EVENTS: tuple[Event, ...] = (
    Admitted(Candidate({"a": "text"}), SEEN, "the seed", Spend(rollouts=2, evaluations=2)),
    Declined(Candidate({"a": "other"}, (0,), "reflect"), SEEN[:1], "worse", Spend(usd=0.1)),
    Passed("no idea", 0),
)


@dataclass(frozen=True)
class Answer:
    text: str


def records() -> list[Record]:
    facts = [fact(EVALUATION, e) for e in SEEN]
    decisions = [decision(step, event) for step, event in enumerate(EVENTS)]
    return [header({"seed": 7}), *facts, fact(REPLY, Answer("hello")), *decisions]


def test_a_run_is_read_back_as_it_was_written() -> None:
    recorded = read_back(records())
    assert recorded.settings == {"seed": 7}
    assert recorded.history == EVENTS
    assert recorded.evaluations == {e.key: e for e in SEEN}
    assert recorded.facts(REPLY, Answer) == (Answer("hello"),)
    assert recorded.facts("unheard of", Answer) == ()


def test_a_decision_names_its_evaluations_and_does_not_repeat_them() -> None:
    assert decision(0, EVENTS[0])["evaluations"] == [e.key for e in SEEN]
    assert "evaluations" not in decision(2, EVENTS[2])


def test_a_fact_is_paid_for_by_the_steps_after_it() -> None:
    late = evaluation("u", {"w": 1.0})
    assert read_back(records()).bought(3) == {e.key for e in SEEN}
    found = read_back([*records(), fact(EVALUATION, late)])
    assert late.key not in found.bought(3)
    assert late.key in found.bought(4)
    assert found.bought(0) == frozenset()


@pytest.mark.parametrize(
    ("spoiled", "complaint"),
    [
        ([], "no header"),
        ([{"kind": "step"}], "no header"),
        ([{"kind": "header", "schema": 99, "settings": {}}], "written in format 99"),
        ([*records(), decision(7, EVENTS[2])], "record 8 of the run does not fit: step 7 where step 3 belongs"),
        ([header({}), decision(0, EVENTS[0])], "evaluations that were never written"),
        ([header({}), {"kind": "evaluation", "key": "k"}], "record 2 of the run does not fit: required field missing"),
        ([header({}), {**decision(0, EVENTS[2]), "surprise": 1}], "extra fields"),
        ([header({}), {**decision(0, EVENTS[0]), "evaluations": 3}], "record 2"),
        ([header({}), {**decision(0, EVENTS[2]), "evaluations": []}], "extra fields"),
    ],
)
def test_what_this_version_cannot_have_written_is_refused(spoiled: list[Record], complaint: str) -> None:
    with pytest.raises(RunFolderError, match=complaint):
        read_back(spoiled)
