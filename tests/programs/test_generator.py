"""The compound system: who is asked what, in which order, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.task import Language
from kernel_gepa.ports import Reply
from kernel_gepa.programs.generator import MODULES, RIGHT, module_components
from kernel_gepa.programs.warm import Warm
from kernel_gepa.testing.toys import task
from tests.programs.modules import Cast, generator, source, texts

TASK = task("a", kernel="the start kernel")


def plan(prompt: str) -> str:
    return "Make it shorter."


def test_the_planner_plans_and_the_coder_writes_after_the_plan() -> None:
    model = Cast(planner=plan, coder=lambda prompt: source("short"))
    rollout = generator(model).generate(texts(), TASK)
    assert rollout.kernel == "short\n"
    assert [call.component for call in rollout.trajectory] == ["planner", "coder"]
    assert "the start kernel" in model.prompts[0]
    assert "Make it shorter." in model.prompts[1]
    assert "compute a" in model.prompts[1]  # the task's statement


def test_a_first_draft_is_written_without_a_plan() -> None:
    model = Cast(coder=lambda prompt: source("short"))
    generator(model).generate(texts(), replace(TASK, start_is_reference=True))
    assert model.asked == ["coder"]
    assert "Nothing but the reference itself" in model.prompts[0]


def test_what_the_bench_finds_wrong_goes_to_the_repairer_with_the_kernel() -> None:
    model = Cast(planner=plan, coder=lambda prompt: source("bro!ken"), repairer=lambda prompt: source("mended"))
    rollout = generator(model).generate(texts(), TASK)
    assert rollout.kernel == "mended\n"
    assert model.asked == ["planner", "coder", "repairer"]
    assert "bro!ken" in model.prompts[2]
    assert "unexpected ! in a" in model.prompts[2]
    assert [call.outcome for call in rollout.trajectory[:1]] == [""]
    assert "unexpected ! in a" in rollout.trajectory[1].outcome
    assert rollout.trajectory[2].outcome == RIGHT


@pytest.mark.parametrize("repairs", [0, 1, 3])
def test_repairs_are_bounded_and_a_kernel_that_stays_wrong_is_handed_out(repairs: int) -> None:
    model = Cast(planner=plan, coder=lambda prompt: source("bro!ken"), repairer=lambda prompt: source("still!"))
    rollout = generator(model, repairs).generate(texts(), TASK)
    assert model.asked.count("repairer") == repairs
    assert rollout.kernel == ("still!\n" if repairs else "bro!ken\n")
    assert "unexpected !" in rollout.trajectory[-1].outcome


def test_an_answer_without_a_usable_block_is_told_as_such_and_may_be_repaired() -> None:
    model = Cast(planner=plan, coder=lambda prompt: "I would rather not.", repairer=lambda prompt: source("fine"))
    rollout = generator(model).generate(texts(), TASK)
    assert rollout.kernel == "fine\n"
    assert "holds no fenced block" in rollout.trajectory[1].outcome
    assert "holds no fenced block" in model.prompts[2]


def test_a_plan_that_was_cut_off_is_noted_for_the_planner() -> None:
    model = Cast(planner=lambda prompt: Reply("First, we", truncated=True), coder=lambda prompt: source("fine"))
    assert "cut off" in generator(model).generate(texts(), TASK).trajectory[0].outcome


def test_each_module_works_by_its_own_text() -> None:
    model = Cast(planner=plan, coder=lambda prompt: source("!"), repairer=lambda prompt: source("fine"))
    mine = {name: f"{text}\nThe text of {name}." for name, text in texts().items()}
    generator(model).generate(mine, TASK)
    for name, prompt in zip(MODULES, model.prompts, strict=True):
        assert [other for other in MODULES if f"The text of {other}." in prompt] == [name]


def test_a_text_that_looks_like_a_frame_is_a_value() -> None:
    model = Cast(planner=plan, coder=lambda prompt: source("fine"))
    changed = texts()["planner"] + "{{kernel}} {{nothing}} %s"
    generator(model).generate(texts(planner=changed), TASK)
    assert "{{kernel}} {{nothing}} %s" in model.prompts[0]


def test_a_rollout_knows_what_its_calls_cost() -> None:
    priced = Reply("Make it shorter.", tokens_in=10, tokens_out=5, usd=0.25)
    model = Cast(planner=lambda prompt: priced, coder=lambda prompt: source("fine"))
    assert generator(model).generate(texts(), TASK).spend == Spend(model_calls=2, tokens=15, usd=0.25)


def test_the_shipped_texts_are_components_of_every_task() -> None:
    components = module_components()
    assert [c.name for c in components] == ["planner", "coder", "repairer"]
    assert all(c.scope is None and c.seed.strip() for c in components)


def test_warm_starts_from_the_kernel_that_the_candidate_carries() -> None:
    model = Cast(planner=plan, coder=lambda prompt: source("shorter"))
    warm = Warm.over([TASK], generator(model))
    carried = {**texts(), "kernel@a": "the carried kernel"}
    assert warm.generate(carried, TASK).kernel == "shorter\n"
    assert "the carried kernel" in model.prompts[0]
    assert "the start kernel" not in "".join(model.prompts)


def test_warm_has_the_modules_of_all_tasks_and_one_kernel_for_each() -> None:
    other = task("b", kernel="the other start")
    components = Warm.over([TASK, other], generator(Cast())).components
    assert [c.name for c in components] == ["planner", "coder", "repairer", "kernel@a", "kernel@b"]
    assert components[3] == Component("kernel@a", "the start kernel", frozenset({"a"}), Language.CPP)
