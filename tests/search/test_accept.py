from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import UNSOLVED, Batch, Evaluation
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.ports import Proposal
from kernel_gepa.search.accept import gate
from kernel_gepa.testing.toys import admitted, evaluation, pool_of, task

S, T = task("s"), task("t")
Row = Mapping[str, Estimate | float]


class Table:
    """Evaluations by text and task, and how many measurements were asked for."""

    def __init__(self, rows: Mapping[str, Mapping[str, Row]], again: Mapping[str, Row] | None = None) -> None:
        self.rows = rows
        self.again = again
        self.asked: list[tuple[str, tuple[str, ...], int]] = []

    def __call__(self, candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        text = candidate.texts["text"]
        self.asked.append((text, tuple(t.id for t in tasks), again))
        row = self.again if again else self.rows[text]
        assert row is not None, "no second measurement was expected"
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
    table = Table(LOSING_RECORD, again={"s": {"w": 1.5}})
    passage = gate(child(0), table.pool("p"), table)
    assert passage.admitted
    assert passage.reason == "a record, measured twice: s at w 1.5, the best was 1"
    assert ("child", ("s",), 1) in table.asked  # only the task of the record is measured again
    assert [e.score.value for e in passage.seen] == [1.5, 1.0]  # the second measurement stands for the first


def test_a_record_that_does_not_come_again_admits_nobody() -> None:
    table = Table(LOSING_RECORD, again={"s": {"w": 0.9}})
    passage = gate(child(0), table.pool("p"), table)
    assert not passage.admitted
    assert "not again a record: s at w 2, the best was 1" in passage.reason
    assert [e.score.value for e in passage.seen] == [0.9, 1.0]


@pytest.mark.parametrize("again", [{"s": {UNSOLVED: 0.2}}, {"s": {"w": 1.0}}])
def test_a_record_that_turns_out_wrong_or_equal_the_second_time_is_none(again: Mapping[str, Row]) -> None:
    table = Table(LOSING_RECORD, again=again)
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
