"""Several tasks in one run: one pool, a component and outputs for each, and nothing is run that cannot have changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_gepa.domain.events import Admitted, Declined
from kernel_gepa.errors import UsageError
from kernel_gepa.recipes.begin import create
from kernel_gepa.recipes.files import check_out, write
from kernel_gepa.report.outcome import judged
from tests.recipes.conftest import Bench


def test_one_pool_has_a_component_for_each_task_and_a_change_re_runs_only_its_own(bench: Bench) -> None:
    events = bench.searched(bench.wish(rollouts=7), "both")
    pool = bench.read("both").pool
    assert [c.name for c in pool.components] == ["kernel@scale", "kernel@shift"]
    assert isinstance(events[0], Admitted)
    assert [e.task for e in events[0].evaluations] == ["scale", "shift"]
    assert sum(e.spend.rollouts for e in events) <= 7
    changed = [e for e in events[1:] if isinstance(e, (Admitted, Declined)) and e.spend.rollouts]
    assert all(e.spend.rollouts == 1 for e in changed)  # a kernel of one task: the other one is known
    assert {e.task for event in changed for e in judged(event)} == {"scale", "shift"}


def test_every_task_gets_its_own_folder_and_the_run_an_overview(bench: Bench) -> None:
    bench.searched(bench.wish(rollouts=6), "files")
    folder = bench.folder / "files"
    found = bench.read("files")
    with create(bench.wish(rollouts=6, verdicts=str(folder)), bench.folder / "files-again") as run:
        list(run.search())
        outcomes = run.outcomes([None, None])
        write(outcomes, run.header, run.folder, archived=found.archive)
    again = bench.folder / "files-again"
    for task, kernel in (("scale", "scale.cpp"), ("shift", "shift.cpp")):
        assert (again / task / "kernel.start.cpp").read_text() == (bench.folder / kernel).read_text()
        assert json.loads((again / task / "result.json").read_text())["task"]["id"] == task
        assert len(list((again / task / "archive").iterdir())) == len(found.archive[task])
        assert f"[{task}]({task}/report.md)" in (again / "report.md").read_text()
    assert set(json.loads((again / "result.json").read_text())["tasks"]) == {"scale", "shift"}


def test_tasks_of_one_name_are_told_apart_or_refused(bench: Bench) -> None:
    one, _ = bench.sources
    with pytest.raises(UsageError, match="several tasks are called scale"):
        create(bench.wish(one, one), bench.folder / "twins")


def test_a_reference_belongs_to_one_kernel(bench: Bench) -> None:
    with pytest.raises(UsageError, match="--reference belongs to one kernel file"):
        create(bench.wish(reference="reference.py"), bench.folder / "never")


def test_winners_of_several_tasks_need_a_folder(tmp_path: Path) -> None:
    check_out(tmp_path / "one.cpp", 1)
    check_out(tmp_path, 2)
    with pytest.raises(UsageError, match="must be a folder"):
        check_out(tmp_path / "one.cpp", 2)
