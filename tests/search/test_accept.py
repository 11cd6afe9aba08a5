from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest

from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import UNSOLVED, Batch, Evaluation, Rollout
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.judging.score import cells, score
from kernel_gepa.ports import Proposal
from kernel_gepa.search.accept import gate
from kernel_gepa.testing.toys import admitted, correct, evaluation, pool_of, task

S, T = task("s"), task("t")
Row = Mapping[str, Estimate | float]


class Table:
    """Evaluations by text and task, and how many measurements were asked for."""

    def __init__(
        self, rows: Mapping[str, Mapping[str, Row]], again: Mapping[str, Row] | None = None, **more: Mapping[str, Row]
    ) -> None:
        self.rows = rows
        self.again = {**more, "child": again} if again is not None else more
        self.asked: list[tuple[str, tuple[str, ...], int]] = []

    def __call__(self, candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        text = candidate.texts["text"]
        self.asked.append((text, tuple(t.id for t in tasks), again))
        assert not again or text in self.again, "no second measurement was expected"
        row = self.again[text] if again else self.rows[text]
        return tuple(evaluation(t.id, row[t.id]) for t in tasks)

    def pool(self, *texts: str) -> Pool:
        pool = pool_of([])
        for text in texts:
            pool = pool.apply(admitted(text, *(evaluation(t, cells) for t, cells in self.rows[text].items())))
        return pool


def child(*parents: int) -> Proposal:
    return Proposal(Candidate({"text": "child"}, parents), (S, T))


def noisy(value: float, noise: float) -> Estimate:
    return Estimate(value, value - noise, value + noise)


def test_a_child_that_beats_its_parent_on_the_minibatch_is_admitted() -> None:
    table = Table({"p": {"s": {"w": 1.0}, "t": {"w": 1.0}}, "child": {"s": {"w": 2.0}, "t": {"w": 0.5}}})
    passage = gate(child(0), table.pool("p"), table)
    assert passage.admitted
    assert passage.reason == "measurably better: 2.5 on s, t against 2 of candidate 0"


def test_equal_is_not_better() -> None:
    table = Table({"p": {"s": {"w": 1.0}, "t": {"w": 1.0}}, "child": {"s": {"w": 1.0}, "t": {"w": 1.0}}})
    passage = gate(child(0), table.pool("p"), table)
    assert not passage.admitted
    assert passage.reason == "not measurably better: 2 on s, t against 2 of candidate 0"
    assert [e.task for e in passage.seen] == ["s", "t"]


def test_what_the_noise_may_have_done_is_not_better() -> None:
    rows = {"p": {"s": {"w": noisy(1.0, 0.1)}, "t": {"w": noisy(1.0, 0.1)}}}
    table = Table({**rows, "child": {"s": {"w": noisy(1.05, 0.1)}, "t": {"w": noisy(1.1, 0.1)}}})
    passage = gate(child(0), table.pool("p"), table)
    assert not passage.admitted
    assert "2.15 ± 0.14 on s, t against 2 ± 0.14 of candidate 0" in passage.reason


def test_a_merge_has_to_beat_the_better_parent() -> None:
    rows = {"p": {"s": {"w": 1.0}, "t": {"w": 1.0}}, "q": {"s": {"w": 3.0}, "t": {"w": 1.0}}}
    table = Table({**rows, "child": {"s": {"w": 2.0}, "t": {"w": 1.0}}})
    passage = gate(child(0, 1), table.pool("p", "q"), table)
    assert not passage.admitted
    assert "4 of candidate 1" in passage.reason


LOSING_RECORD: dict[str, dict[str, Row]] = {
    "p": {"s": {"w": 1.0}, "t": {"w": 5.0}},
    "child": {"s": {"w": 2.0}, "t": {"w": 1.0}},
}


def test_a_record_admits_a_child_that_lost_the_minibatch_when_a_second_measurement_confirms_it() -> None:
    table = Table(LOSING_RECORD, again={"s": {"w": 1.5}}, p={"s": {"w": 1.0}})
    passage = gate(child(0), table.pool("p"), table)
    assert passage.admitted
    assert passage.reason == "a record, measured twice: s at w 1.5, the best was 1"
    assert ("child", ("s",), 1) in table.asked  # only the task of the record is measured again
    assert [e.score.value for e in passage.seen] == [1.5, 1.0]  # the second measurement stands for the first


def test_a_record_that_does_not_come_again_admits_nobody() -> None:
    table = Table(LOSING_RECORD, again={"s": {"w": 0.9}}, p={"s": {"w": 1.0}})
    passage = gate(child(0), table.pool("p"), table)
    assert not passage.admitted
    assert "not again a record: s at w 2, the best was 1" in passage.reason
    assert [e.score.value for e in passage.seen] == [0.9, 1.0]


@pytest.mark.parametrize("again", [{"s": {UNSOLVED: 0.2}}, {"s": {"w": 1.0}}])
def test_a_record_that_turns_out_wrong_or_equal_the_second_time_is_none(again: Mapping[str, Row]) -> None:
    table = Table(LOSING_RECORD, again=again, p={"s": {"w": 1.0}})
    assert not gate(child(0), table.pool("p"), table).admitted


def test_the_first_to_solve_a_task_sets_a_record() -> None:
    rows: dict[str, dict[str, Row]] = {
        "p": {"s": {UNSOLVED: 0.2}, "t": {"w": 5.0}},
        "child": {"s": {"w": 0.1}, "t": {"w": 1.0}},
    }
    table = Table(rows, again={"s": {"w": 0.1}})
    passage = gate(child(0), table.pool("p"), table)
    assert passage.admitted
    assert "nobody had solved it" in passage.reason


def test_failing_at_a_solved_task_is_no_record() -> None:
    table = Table({"p": {"s": {"w": 1.0}, "t": {"w": 1.0}}, "child": {"s": {UNSOLVED: 0.3}, "t": {"w": 1.0}}})
    assert not gate(child(0), table.pool("p"), table).admitted


def test_a_task_outside_the_front_holds_no_records() -> None:
    seen: Evaluation = evaluation("s", {"w": 1.0})
    pool = pool_of([]).apply(admitted("p", seen))
    table = Table({"p": {"s": {"w": 1.0}, "t": {"w": 9.0}}, "child": {"s": {"w": 1.0}, "t": {"w": 1.0}}})
    assert not gate(child(0), pool, table).admitted


def test_an_inconclusive_child_beats_nobody_and_sets_no_record() -> None:
    """However large its number is: what the score makes of it reaches down to nothing."""
    (measured,) = correct({"w": Estimate(9.0, 8.0, 10.0)}).measurements
    unsure = Correct((replace(measured, inconclusive=True),))
    child_text = Evaluation("k", "s", Rollout(""), unsure, score(unsure), "", cells(unsure))
    right = correct({"w": 1.0})
    parent = Evaluation("p", "s", Rollout(""), right, score(right), "", cells(right))

    def evaluate(candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        assert not again, "there is no record to measure again"
        return (child_text if candidate.texts["text"] == "child" else parent,)

    passage = gate(
        Proposal(Candidate({"text": "child"}, (0,)), (S,)), pool_of([]).apply(admitted("p", parent)), evaluate
    )
    assert not passage.admitted
    assert passage.reason.startswith("not measurably better")


# ---------------------------------------------------------------- what looks good is measured once more

START: dict[str, Row] = {"s": {"w": noisy(1.0, 0.06)}, "t": {"w": noisy(1.0, 0.06)}}
PROMISING: dict[str, Row] = {"s": {"w": noisy(1.05, 0.06)}, "t": {"w": noisy(1.05, 0.06)}}


def test_a_promising_child_is_admitted_when_a_second_measurement_of_both_sides_says_so_too() -> None:
    table = Table({"p": START, "child": PROMISING}, again=PROMISING, p=START)
    passage = gate(child(0), table.pool("p"), table)
    assert passage.admitted
    assert "measured again, 2.1 ± 0.085 against 2 ± 0.085" in passage.reason
    assert [a for a in table.asked if a[2]] == [("child", ("s", "t"), 1), ("p", ("s", "t"), 1)]
    assert passage.again == passage.seen  # what enters the pool was not chosen for its luck


def test_a_promising_child_that_is_not_better_the_second_time_is_declined() -> None:
    table = Table({"p": START, "child": PROMISING}, again=START, p=START)
    passage = gate(child(0), table.pool("p"), table)
    assert not passage.admitted
    assert passage.reason.endswith("not so when measured again")
    assert [e.score.value for e in passage.seen] == [1.0, 1.0]


def test_a_parent_that_was_unlucky_the_first_time_is_seen_through() -> None:
    table = Table({"p": START, "child": PROMISING}, again=PROMISING, p=PROMISING)
    assert not gate(child(0), table.pool("p"), table).admitted


def test_what_is_clear_needs_no_second_measurement() -> None:
    far: dict[str, Row] = {"s": {"w": noisy(2.0, 0.06)}, "t": {"w": noisy(2.0, 0.06)}}
    table = Table({"p": START, "child": far})
    assert gate(child(0), table.pool("p"), table).admitted
    assert not any(again for _, _, again in table.asked)


def test_a_stricter_rate_of_false_admissions_wants_more() -> None:
    table = Table({"p": START, "child": PROMISING}, again=PROMISING, p=START)
    assert not gate(child(0), table.pool("p"), table, rate=1e-4).admitted


def test_an_evaluation_that_both_share_counts_on_neither_side() -> None:
    """A merge takes kernels from its parents as they are: their noise is one noise, and cancels."""
    same: Row = {"w": noisy(1.0, 0.9)}
    table = Table({"p": {"s": same, "t": START["t"]}, "child": {"s": same, "t": {"w": noisy(1.3, 0.06)}}})
    assert gate(child(0), table.pool("p"), table).admitted


def test_the_share_of_false_admissions_is_what_was_asked_for() -> None:
    """Children that are no better, in noise: the rate holds, for comparison and records together."""
    rng, rate, tries = Random(1), 0.04, 1500

    def measured(candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        speed = {t.id: rng.gauss(1.0, 0.02) for t in tasks}
        return tuple(evaluation(t.id, {"w": noisy(speed[t.id], 0.02 * 1.96)}) for t in tasks)

    admissions = 0
    for _ in range(tries):
        pool = pool_of([]).apply(admitted("p", *measured(Candidate({}), (S, T))))
        admissions += gate(child(0), pool, measured, rate=rate).admitted
    assert admissions / tries < 1.25 * rate
    assert admissions > 0  # and the rate is not kept by admitting nobody


def test_a_record_that_was_measured_too_low_does_not_let_everybody_in() -> None:
    """Its holder is measured again too: two looks of the child at one unlucky number would be fooled twice."""
    better: dict[str, Row] = {"s": {"w": noisy(2.0, 0.06)}}
    table = Table(LOSING_RECORD, again={"s": {"w": 2.0}}, p=better)
    assert not gate(child(0), table.pool("p"), table).admitted
    assert ("p", ("s",), 1) in table.asked
