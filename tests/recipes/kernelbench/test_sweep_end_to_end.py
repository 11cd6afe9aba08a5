"""A sweep from its folder to its report, with a real compiler, a real bench and a model that a program plays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kernel_gepa.domain.budget import Budget
from kernel_gepa.errors import RunFolderError
from kernel_gepa.recipes.begin import create
from kernel_gepa.recipes.kernelbench.sweep import KernelBench
from kernel_gepa.recipes.reading import LESSONS, Lessons, read
from kernel_gepa.recipes.sweeping import Done, Order, Watch
from kernel_gepa.store.records import REPLY

pytestmark = pytest.mark.slow  # a search for each of two problems, with verification

KEYS = ("level_1_problem_1", "level_2_problem_1")


@dataclass(frozen=True)
class Swept:
    order: Order
    done: Done
    said: list[str]


@pytest.fixture(scope="module")
def swept(problems: Path, model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swept]:
    folder, said = tmp_path_factory.mktemp("sweep") / "out", list[str]()
    order = Order(problems, folder, model=model, sandbox="local", rollouts=11, self_test=False)
    yield Swept(order, KernelBench().sweep(order, Watch(said.append)), said)


def test_the_whole_budget_is_dealt_and_no_more(swept: Swept) -> None:
    spent = [read(swept.order.folder / "problems" / key).spend.rollouts for key in KEYS]
    assert sum(spent) == 11
    assert min(spent) >= 4  # a start and three proposals


def test_each_problem_has_a_verified_kernel_that_both_checks_let_pass(swept: Swept) -> None:
    found = {p["name"]: p for p in swept.done.record["problems"]}
    linear = found["1_Linear.py"]  # does a tenth of the work
    assert (linear["verdict"], linear["won"], linear["origin"]) == ("correct", True, "reflect")
    assert linear["eager"]["low"] > 1.0
    assert linear["compatible"]["passed"] == linear["compatible"]["trials"] == 5
    assert swept.done.code == 0


def test_lines_tell_of_every_share_and_every_result(swept: Swept) -> None:
    for title in ("1/1_Tanh", "2/1_Linear"):
        lines = [line for line in swept.said if line.startswith(title)]
        assert any("rollouts" in line for line in lines)
    assert any("verified" in line for line in swept.said)


def test_what_won_on_one_problem_is_told_on_the_other(swept: Swept) -> None:
    """The second problem begins when the first has had its share."""
    run = read(swept.order.folder / "problems" / KEYS[1])
    (first, *_) = run.recorded.facts(LESSONS, Lessons)
    assert first.step == 0
    assert "1/1_Tanh" in first.text
    assert "It does the work once" in first.text


def test_a_search_is_made_again_from_its_journal_with_the_lessons_it_had(swept: Swept, tmp_path: Path) -> None:
    for key in KEYS:
        folder = swept.order.folder / "problems" / key
        run = read(folder)
        spent = Budget(rollouts=run.spend.rollouts)
        wish = replace(run.header.wish, model=f"replay:{folder}", verdicts=str(folder), budget=spent)
        with create(wish, tmp_path / key) as again:
            list(again.search())  # a question that was not asked before would end it
        assert decisions(tmp_path / key) == decisions(folder)
        assert run.recorded.others[REPLY]


def decisions(folder: Path) -> list[dict[str, object]]:
    found = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    return [{k: r[k] for k in ("step", "type", "reason") if k in r} for r in found if r["kind"] == "step"]


def test_a_sweep_that_is_done_is_told_again_for_nothing(swept: Swept) -> None:
    before = {p: p.stat().st_mtime_ns for p in swept.order.folder.rglob("journal.jsonl")}
    again = KernelBench().sweep(swept.order, Watch(lambda _: None))
    assert again.record["summary"] == swept.done.record["summary"]
    assert {p: p.stat().st_mtime_ns for p in swept.order.folder.rglob("journal.jsonl")} == before


def test_a_result_that_was_lost_is_made_again_from_its_run(swept: Swept) -> None:
    """Killed between two problems: what was searched and verified is not done again."""
    lost = swept.order.folder / "results" / f"{KEYS[1]}.json"
    before = json.loads(lost.read_text())
    lost.unlink()
    KernelBench().sweep(swept.order, Watch(lambda _: None))
    found = json.loads(lost.read_text())
    assert (found["kernel"], found["eager"], found["rollouts"]) == (
        before["kernel"],
        before["eager"],
        before["rollouts"],
    )


def test_another_budget_in_the_same_folder_is_refused(swept: Swept) -> None:
    with pytest.raises(RunFolderError, match="rollouts"):
        KernelBench().sweep(replace(swept.order, rollouts=12), Watch(lambda _: None))
