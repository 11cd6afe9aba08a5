"""`--control NAME`: another way of searching beside the run, with its budget, in a folder of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernel_gepa.domain.events import Passed
from kernel_gepa.errors import UsageError
from kernel_gepa.recipes.begin import create
from kernel_gepa.recipes.beside import control_of
from kernel_gepa.recipes.controls import check_control
from tests.recipes.conftest import Bench, searched


def test_a_control_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="no control 'luck'; known are best-of-n, sequential-5"):
        check_control("luck")
    for name in (None, "greedy", "sequential-3", "best-of-n", "random"):
        check_control(name)


def test_without_a_control_there_is_none(bench: Bench) -> None:
    with create(bench.wish(bench.sources[0], rollouts=4), bench.folder / "alone") as run:
        assert control_of(run) is None


@pytest.mark.parametrize(("name", "origin"), [("best-of-n", "best-of-n"), ("sequential-2", "sequential:")])
def test_a_control_runs_on_the_same_tasks_with_the_same_budget_and_is_resumed(
    bench: Bench, name: str, origin: str
) -> None:
    wish = replace(bench.wish(bench.sources[0], rollouts=5), control=name)
    with create(wish, bench.folder / f"with-{name}") as run:
        control = control_of(run)
        assert control is not None
        events = searched(control)
        assert control.header.wish.budget == wish.budget
        assert (control.header.wish.control, control.header.wish.way) == (None, name)
        again = control_of(run)
        assert again is not None
        assert searched(again) == events
    tried = [e.child for e in events[1:] if not isinstance(e, Passed)]
    assert tried
    assert all(c.origin.startswith(origin) and c.parents == (0,) for c in tried)
    assert sum(e.spend.rollouts for e in events) <= 5
    assert (bench.folder / f"with-{name}" / f"control-{name}" / "journal.jsonl").exists()
