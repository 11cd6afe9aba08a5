"""Prompts over all problems: one run, and a result for each problem all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_gepa.recipes.kernelbench.sweep import KernelBench
from kernel_gepa.recipes.reading import read
from kernel_gepa.recipes.sweeping import Order, Watch


@pytest.mark.slow
def test_prompts_and_kernels_are_evolved_in_one_search_over_all_problems(
    problems: Path, model: str, tmp_path: Path
) -> None:
    order = Order(problems, tmp_path / "out", model=model, evolve="both", sandbox="local", rollouts=8, self_test=False)
    done = KernelBench().sweep(order, Watch(lambda _: None))
    run = read(order.folder / "problems" / "all")
    assert run.header.wish.evolve == "both"
    assert {t.id for t in run.header.tasks} == {"level1_1_Tanh", "level2_1_Linear"}
    assert run.spend.rollouts <= 8
    found = {p["name"]: p for p in done.record["problems"]}
    assert set(found) == {"1_Tanh.py", "1_Linear.py"}
    assert found["1_Linear.py"]["won"]
    assert (order.folder / "runs" / "out_level2" / "level_2_problem_1_sample_0_kernel.py").exists()
