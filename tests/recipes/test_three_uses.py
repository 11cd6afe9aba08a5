"""Kernels, prompts and both: one loop, one journal, and a run that was killed is the run that was not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kernel_gepa.domain.events import Admitted, Declined
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.errors import UsageError
from kernel_gepa.models.scripted import Scripted
from kernel_gepa.programs.generator import MODULES
from kernel_gepa.recipes.prompts import best_prompts, read_prompts
from kernel_gepa.recipes.proposing import proposers
from kernel_gepa.recipes.wish import check
from kernel_gepa.testing.toys import task
from tests.recipes.conftest import SCALE, SHIFT, Bench

FENCE = "```"
ROLLOUTS = 9


def cpp(text: str) -> str:
    return f"Here:\n{FENCE}cpp\n{text}{FENCE}\n"


def replies() -> Iterator[str]:
    """Whoever asks for the n-th: kernels for both tasks, broken ones, prompts, and nonsense."""
    for n in range(60):
        yield cpp(f"// build: -O{n % 3 + 1}\n// {n}\n{SCALE}")
        yield cpp(f"// {n}\n{SHIFT}")
        yield cpp(f"broken {n}\n")
        yield f"A better text:\n{FENCE}\nWrite kernel number {n}.\n{FENCE}"
        yield "I would rather not."


@pytest.fixture(scope="module", params=["kernels", "prompts", "both"])
def recorded(bench: Bench, request: pytest.FixtureRequest) -> tuple[Bench, str]:
    use = str(request.param)
    bench.searched(bench.wish(replies=list(replies()), rollouts=ROLLOUTS, evolve=use), use)
    return bench, use


def decisions(run: Path) -> list[dict[str, Any]]:
    """What the search decided and what it spent, without the seconds it took."""
    found = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]
    found = [record for record in found if record["kind"] == "step"]
    for record in found:
        record["spend"] = {k: v for k, v in record["spend"].items() if not k.endswith("_s")}
    return found


def test_the_candidates_are_what_the_use_says(recorded: tuple[Bench, str]) -> None:
    bench, use = recorded
    names = [c.name for c in bench.read(use).pool.components]
    kernels = ["kernel@scale", "kernel@shift"]
    assert names == {"kernels": kernels, "prompts": [*MODULES], "both": [*MODULES, *kernels]}[use]


def test_modules_leave_their_calls_in_the_trajectory_and_their_price_in_the_step(recorded: tuple[Bench, str]) -> None:
    bench, use = recorded
    found = bench.read(use)
    calls = [len(e.rollout.trajectory) for e in found.recorded.evaluations.values()]
    assert (max(calls) == 0) == (use == "kernels")
    start = found.recorded.history[0].spend
    assert start.rollouts == 2
    assert start.model_calls == sum(e.rollout.spend.model_calls for e in found.pool.members[0].evaluations.values())


def test_the_same_verdicts_and_replies_give_the_same_run(recorded: tuple[Bench, str]) -> None:
    bench, use = recorded
    header = bench.read(use).header
    again = replace(header.wish, verdicts=str(bench.folder / use))
    bench.searched(again, f"{use}-again")
    assert decisions(bench.folder / f"{use}-again") == decisions(bench.folder / use)


def resumed_after(bench: Bench, use: str, life: int) -> list[dict[str, Any]]:
    """The decisions of a run of which a kill left so many records and half of one more."""
    whole = (bench.folder / use / "journal.jsonl").read_bytes().splitlines(keepends=True)
    header = json.loads(whole[0])
    header["settings"]["wish"]["verdicts"] = str(bench.folder / use)
    killed = bench.folder / f"{use}-killed-{life}"
    killed.mkdir()
    torn = whole[life][: len(whole[life]) // 2]
    (killed / "journal.jsonl").write_bytes(b"".join([json.dumps(header).encode() + b"\n", *whole[1:life], torn]))
    bench.resumed(killed.name)
    return decisions(killed)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_a_killed_run_becomes_the_run_that_would_have_been(recorded: tuple[Bench, str], part: float) -> None:
    bench, use = recorded
    records = len((bench.folder / use / "journal.jsonl").read_bytes().splitlines())
    assert resumed_after(bench, use, int(part * records)) == decisions(bench.folder / use)


@pytest.mark.slow
def test_a_run_killed_after_any_record_becomes_the_run_that_would_have_been(recorded: tuple[Bench, str]) -> None:
    bench, use = recorded
    records = len((bench.folder / use / "journal.jsonl").read_bytes().splitlines())
    for life in {*range(1, records)} - {int(part * records) for part in (0.2, 0.5, 0.8)}:
        assert resumed_after(bench, use, life) == decisions(bench.folder / use), f"after {life} of {records} records"


def test_every_correct_kernel_is_archived_whatever_became_of_its_candidate(recorded: tuple[Bench, str]) -> None:
    bench, use = recorded
    found = bench.read(use)
    evaluations = found.recorded.evaluations.values()
    declined = [e for event in found.recorded.history if isinstance(event, Declined) for e in event.evaluations]
    for name in ("scale", "shift"):
        kernels = {k.kernel for k in found.archive[name]}
        right = [e for e in (*evaluations, *declined) if e.task == name and isinstance(e.verdict, Correct)]
        assert kernels == {e.rollout.kernel for e in right}
        assert all(k.origin for k in found.archive[name])


def test_evolved_prompts_travel_into_another_run(recorded: tuple[Bench, str]) -> None:
    bench, use = recorded
    if use == "kernels":
        with pytest.raises(UsageError, match="evolved kernels and no prompts"):
            best_prompts(bench.read(use))
        return
    path = bench.folder / f"{use}.json"
    path.write_text(json.dumps(best_prompts(bench.read(use))))
    pool = bench.read(use).pool
    best = pool.members[pool.best()].candidate.texts
    assert read_prompts(path) == {module: best[module] for module in MODULES}
    mine = {**read_prompts(path), "coder": "My own words."}
    path.write_text(json.dumps({"schema": 1, "prompts": mine}))
    wish = bench.wish(replies=list(replies()), rollouts=ROLLOUTS, evolve="prompts", prompts=str(path))
    events = bench.searched(wish, f"{use}-travelled")
    assert isinstance(events[0], Admitted)
    assert events[0].child.texts == mine
    path.unlink()  # a run that is taken up again needs the file no more
    assert bench.resumed(f"{use}-travelled")[0] == events[0]


def test_prompts_that_are_none_are_refused_with_what_is_expected(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "prompts.json"
    for text, why in (
        ("{", "cannot be read"),
        ('{"coder": "x"}', "holds no prompts"),
        ('{"schema": 1, "prompts": {"poet": "x"}}', "a prompt for 'poet'"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=why):
            read_prompts(path)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"evolve": "cabbages"}, "it may be: kernels, prompts, both"),
        ({"evolve": "prompts"}, "name it with --model"),
        ({"prompts": "x.json"}, "--evolve kernels uses none"),
    ],
)
def test_a_use_that_cannot_be_is_refused_before_anything_is_run(bench: Bench, more: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        check(bench.wish(**more))


@pytest.mark.parametrize(
    ("use", "names"),
    [("kernels", ["reflect", "tune", "harvest"]), ("prompts", ["reflect"]), ("both", ["reflect", "harvest"])],
)
def test_each_use_has_the_proposers_that_can_serve_it(bench: Bench, use: str, names: list[str]) -> None:
    wish, tasks = bench.wish(replies=["x"], evolve=use), (task("a"), task("b"))
    assert [p.name for p in proposers(wish, tasks, lambda *a, **k: (), Scripted(["x"]))] == names
