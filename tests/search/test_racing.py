"""An admitted child is not run where it has no prospects, and nothing is claimed of it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.evaluation import UNSOLVED, Batch
from kernel_gepa.domain.events import Admitted
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.search.pareto import cover
from kernel_gepa.search.racing import raced
from kernel_gepa.testing.toys import evaluation, task

TASKS = tuple(task(f"t{i:02}") for i in range(12))
PARENT, OTHER, CHILD = Candidate({"prompt": "p"}), Candidate({"prompt": "o"}), Candidate({"prompt": "c"}, (0,))


@dataclass
class Speeds:
    """Speedups by text and task; a missing one is a task that is not solved. Remembers who was run where."""

    of: Mapping[str, Mapping[str, float]]
    ran: list[str] = field(default_factory=list)

    def __call__(self, candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        text = candidate.texts["prompt"]
        self.ran += [t.id for t in tasks]
        return tuple(evaluation(t.id, {"w": s} if (s := self.of[text].get(t.id)) else {UNSOLVED: 0.2}) for t in tasks)


def every(speed: float, **others: float) -> dict[str, float]:
    return {t.id: speed for t in TASKS} | others


def pool(speeds: Speeds, *members: Candidate) -> Pool:
    found = Pool((Component("prompt", ""),))
    for member in members:
        found = found.apply(Admitted(member, speeds(member, TASKS), "for the test"))
    speeds.ran.clear()
    return found


def test_a_child_without_prospects_is_run_on_the_first_tasks_only() -> None:
    """It makes everything 10 % faster, and elsewhere somebody else is three times as fast as its parent."""
    speeds = Speeds({"p": every(1.0), "o": every(3.0, t00=1.0, t01=1.0, t02=1.0), "c": every(1.1)})
    found = raced(CHILD, pool(speeds, PARENT, OTHER), TASKS[:3], TASKS, speeds)
    assert [e.task for e in found] == ["t00", "t01", "t02"]
    assert speeds.ran == ["t00", "t01", "t02"]


def test_where_it_may_hold_a_cell_it_is_run() -> None:
    speeds = Speeds({"p": every(1.0), "o": every(3.0, t00=1.0, t01=1.0, t02=1.0, t07=1.05), "c": every(1.1)})
    found = raced(CHILD, pool(speeds, PARENT, OTHER), TASKS[:3], TASKS, speeds)
    assert [e.task for e in found] == ["t00", "t01", "t02", "t07"]


def test_a_child_with_uneven_results_may_surprise_anywhere() -> None:
    uneven = every(1.1, t00=0.5, t01=4.0, t02=1.0)
    speeds = Speeds({"p": every(1.0), "o": every(3.0, t00=1.0, t01=1.0, t02=1.0), "c": uneven})
    assert len(raced(CHILD, pool(speeds, PARENT, OTHER), TASKS[:3], TASKS, speeds)) == 12


def test_two_tasks_foresee_nothing() -> None:
    speeds = Speeds({"p": every(1.0), "o": every(3.0, t00=1.0, t01=1.0), "c": every(1.1)})
    found = raced(CHILD, pool(speeds, PARENT, OTHER), TASKS[:2], TASKS, speeds)
    assert {"t00", "t01"} < {e.task for e in found}
    assert len(found) == 5  # a leg of three more, and then it is clear


def test_a_task_that_the_parent_did_not_solve_is_always_run() -> None:
    unsolved = {t: s for t, s in every(1.0).items() if t != "t09"}
    speeds = Speeds({"p": unsolved, "o": every(3.0, t00=1.0, t01=1.0, t02=1.0), "c": every(1.1)})
    found = raced(CHILD, pool(speeds, PARENT, OTHER), TASKS[:3], TASKS, speeds)
    assert [e.task for e in found] == ["t00", "t01", "t02", "t09"]


def test_what_is_known_already_is_never_skipped() -> None:
    """Its kernel for this task is the parent's: there is nothing to run."""
    own = tuple(Component(f"kernel@{t.id}", "", frozenset({t.id})) for t in TASKS)
    texts = {c.name: "p" for c in own}
    parent, child = Candidate(texts), Candidate({**texts, "kernel@t00": "c"}, (0,))
    asked: list[str] = []

    def evaluate(candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        asked.extend(t.id for t in tasks)
        return tuple(evaluation(t.id, {"w": 1.0}) for t in tasks)

    start = Pool(own).apply(Admitted(parent, evaluate(parent, TASKS), ""))
    assert len(raced(child, start, TASKS[:1], TASKS, evaluate)) == 12


def test_a_skipped_task_is_not_run_holds_nothing_and_does_not_raise_the_mean() -> None:
    speeds = Speeds({"p": every(1.0), "o": every(3.0, t00=1.0, t01=1.0, t02=1.0), "c": every(1.1)})
    before = pool(speeds, PARENT, OTHER)
    found = raced(CHILD, before, TASKS[:3], TASKS, speeds)
    after = before.apply(Admitted(CHILD, found, "", skipped=tuple(t.id for t in TASKS[3:])))
    child = after.members[2]
    assert len(child.evaluations) == 3
    assert child.mean == (3 * 1.1 + 9 * 1.0) / 12  # as its parent where it was not run
    assert {cell: list(h.estimates) for cell, h in after.front.items() if 2 in h.estimates} == {
        (t.id, "w"): [2] for t in TASKS[:3]
    }
    assert cover(after)[2] == 3
