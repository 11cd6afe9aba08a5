from __future__ import annotations

import json
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel_gepa import codec
from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.task import ScalarSpec, Task
from kernel_gepa.testing.toys import evaluation

FINITE = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, FINITE)
small = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@small
@given(st.from_type(Evaluation))
def test_every_evaluation_makes_the_round_trip_through_a_line(record: Evaluation) -> None:
    assert codec.unpack(codec.parsed(codec.line(codec.pack(record))), Evaluation) == record


@small
@given(st.one_of(st.from_type(Admitted), st.from_type(Declined), st.from_type(Passed)))
def test_every_event_makes_the_round_trip_through_a_line(event: Event) -> None:
    assert codec.unpack_event(codec.parsed(codec.line(codec.pack_event(event)))) == event


@small
@given(st.from_type(Task))
def test_every_task_makes_the_round_trip_through_a_line(record: Task) -> None:
    assert codec.unpack(codec.parsed(codec.line(codec.pack(record))), Task) == record


@pytest.mark.parametrize("scope", [None, frozenset("cab")])
def test_the_scope_of_a_component_makes_the_round_trip_in_a_fixed_order(scope: frozenset[str] | None) -> None:
    component = Component("planner", "text", scope)
    packed = codec.pack(component)
    assert codec.unpack(packed, Component) == component
    assert packed["scope"] in (None, ["a", "b", "c"])


@pytest.mark.parametrize("value", [True, 3, 2.5])
def test_a_plain_number_keeps_its_kind(value: float) -> None:
    back = codec.unpack(codec.pack(ScalarSpec("n", value)), ScalarSpec).value
    assert (back, type(back)) == (value, type(value))


GOOD = codec.pack(evaluation("t", {"w": 1.5}))


@pytest.mark.parametrize(
    ("spoiled", "complaint"),
    [
        ({**GOOD, "surprise": 1}, "surprise"),
        ({k: v for k, v in GOOD.items() if k != "score"}, "score"),
        ({**GOOD, "verdict": {"type": "Splendid"}}, "verdict"),
        ({**GOOD, "score": {"value": "1", "low": 1.0, "high": 1.0}}, "expected float"),
        ({**GOOD, "feedback": 3}, "expected str"),
        ({**GOOD, "score": [1]}, "score"),
        ([], "Evaluation"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(spoiled: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        codec.unpack(spoiled, Evaluation)


def test_an_unknown_event_is_refused() -> None:
    for packed in ({"type": "Promoted"}, {}, [1]):
        with pytest.raises(ValueError, match="not a"):
            codec.unpack_event(packed)


@pytest.mark.parametrize("wild", [nan, inf, -inf])
def test_a_number_that_json_has_not_is_refused_both_ways(wild: float) -> None:
    event = replace(Passed("reason"), spend=replace(Passed("reason").spend, usd=wild))
    with pytest.raises(ValueError, match="JSON"):
        codec.line({"kind": "step", **codec.pack_event(event)})
    with pytest.raises(ValueError, match="JSON"):
        codec.parsed(json.dumps({"usd": wild}))


def test_texts_of_a_candidate_keep_every_character() -> None:
    event = Declined(Candidate({"k": 'a\n"b"\u2028\ud800\x00'}), (), "worse")
    assert codec.unpack_event(codec.parsed(codec.line(codec.pack_event(event)))) == event
