"""What a sweep refuses before anything is spent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kernel_gepa.benchmarks.kernelbench.problems import read_problems
from kernel_gepa.errors import RunFolderError, UsageError
from kernel_gepa.recipes.kernelbench.sweep import KernelBench, remember
from kernel_gepa.recipes.sweeping import Order, Watch, sweeper


def test_the_benchmarks_come_through_one_door() -> None:
    assert isinstance(sweeper("kernelbench"), KernelBench)
    with pytest.raises(UsageError, match="kernelbench, npueval"):
        sweeper("polybench")


def test_a_budget_that_cannot_start_every_problem_is_refused(problems: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--max-rollouts 8"):
        KernelBench().sweep(Order(problems, tmp_path, rollouts=7), Watch(lambda _: None))


def test_stopped_before_it_began_it_says_how_to_go_on(problems: Path, tmp_path: Path) -> None:
    watch = Watch(lambda _: None)
    watch.stop.sentence = "it was interrupted"
    order = Order(problems, tmp_path / "out", sandbox="local", rollouts=8, self_test=False)
    done = KernelBench().sweep(order, watch)
    assert done.code == 130
    assert not (tmp_path / "out" / "report.md").exists()


def test_a_sweep_goes_on_with_what_it_began_with(problems: Path, tmp_path: Path) -> None:
    order, found = Order(problems, tmp_path / "out"), read_problems(problems)
    remember(order, found, 24)
    remember(replace(order, jobs=4, self_test=False), found, 24)  # how fast it goes may be another
    with pytest.raises(RunFolderError, match="another seed"):
        remember(replace(order, seed=1), found, 24)
    with pytest.raises(RunFolderError, match="another found"):
        remember(order, found[:1], 24)
    remember(replace(order, shard="1/2"), found[:1], 24)  # a shard has a file of its own


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"evolve": "weights"}, "kernels, prompts, both"),
        ({"names": ("relu",)}, "--problems"),
        ({"jobs": 0}, "--jobs"),
        ({"shard": "3/3"}, "leaves no problem"),
    ],
)
def test_orders_that_cannot_be_are_refused(
    problems: Path, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    order = replace(Order(problems, tmp_path / "out"), **change)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        KernelBench().sweep(order, Watch(lambda _: None))
