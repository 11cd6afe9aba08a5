"""Reflection: what the model is shown, and what becomes of its reply."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import Path
from random import Random

import pytest

from kernel_gepa.domain.candidate import Candidate, CandidateId, Component
from kernel_gepa.domain.evaluation import UNSOLVED, Batch, Evaluation, ModuleCall, Rollout
from kernel_gepa.domain.events import Admitted, Declined
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Form, Task, TensorSpec, Tolerance, Workload
from kernel_gepa.domain.timing import Estimate, Measurement
from kernel_gepa.domain.verdict import BuildFailed, Correct
from kernel_gepa.errors import InfrastructureError, KernelGepaError, ModelDown, ModelError, UsageError
from kernel_gepa.models.scripted import Line, Scripted
from kernel_gepa.ports import NoProposal, Proposal, Reply
from kernel_gepa.proposers import brief
from kernel_gepa.proposers.reflect import Reflect

GOLDEN = Path(__file__).parent / "golden"

SCALE = """\
extern "C" void scale(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) {
        y[i] = 2.0f * x[i];
    }
}
"""
AWKWARD = "// {} {0} {{sections}} %s $HOME \\1 `x`\n// ```\n// ```cpp\n"
KERNEL = Component("kernel@scale", SCALE, frozenset({"scale"}))
CODER = Component("coder", "Write a kernel.\n")


def task(name: str) -> Task:
    x = TensorSpec("x", "float32", (1000,), ("n",))
    return Task(
        id=name,
        statement=f'Multiply by two: {name}.\n\nExport `extern "C" void {name}(const float* x, float* y, long n)`.',
        form=Form.NATIVE,
        reference="def reference(x):\n    return 2 * x\n",
        kernel=SCALE,
        workloads=(Workload("small", (x,), (replace(x, name="y"),)),),
        tolerance=Tolerance(rtol=1e-5, atol=1e-6),
    )


def correct(name: str, kernel: str, speedup: float) -> Evaluation:
    estimate = Estimate(speedup, speedup * 0.98, speedup * 1.02)
    verdict = Correct((Measurement("small", "start", estimate, 1.0 / speedup, 1.0, ()),))
    said = f"Correct, {speedup:.2f}x the start. Bound by memory."
    return Evaluation("key", name, Rollout(kernel), verdict, estimate, said, {"small": estimate})


def failed(name: str, kernel: str, calls: tuple[ModuleCall, ...] = ()) -> Evaluation:
    exact = Estimate.exact(0.0)
    said = "It does not build.\n\n  scale.cpp:3: error: expected ';'\n      3 | y[i] = 2.0f * x[i]"
    return Evaluation("key", name, Rollout(kernel, calls), BuildFailed("syntax"), exact, said, {UNSOLVED: exact})


@dataclass
class Bench:
    """Answers with what it was told to find, and keeps what it was asked."""

    findings: dict[str, Evaluation]
    asked: list[tuple[Candidate, tuple[str, ...]]] = field(default_factory=list)

    def __call__(self, candidate: Candidate, tasks: Sequence[Task], *, again: int = 0) -> Batch:
        self.asked.append((candidate, tuple(t.id for t in tasks)))
        return tuple(self.findings[t.id] for t in tasks)


def seeded(component: Component, *evaluations: Evaluation) -> Pool:
    return Pool((component,)).apply(Admitted(Candidate({component.name: component.seed}), evaluations, "the seed"))


def declined(component: Component, text: str, evaluation: Evaluation, *, origin: str = "reflect") -> Declined:
    child = Candidate({component.name: text}, (0,), origin)
    return Declined(child, (evaluation,), "not faster beyond noise")


def reflect(model: Scripted, *findings: Evaluation, parent: CandidateId = 0) -> Reflect:
    tasks = tuple(task(e.task) for e in findings)
    return Reflect(
        model,
        Bench({e.task: e for e in findings}),
        pick_parent=lambda pool, rng: parent,
        pick_component=lambda pool, who: pool.components[0],
        minibatch=lambda pool, component: tasks,
    )


def shown(pool: Pool, *findings: Evaluation) -> str:
    model = Scripted(["no answer"])
    reflect(model, *findings).propose(pool, Random(0))
    return model.prompts[0]


def is_golden(name: str, text: str) -> None:
    """KERNEL_GEPA_GOLDEN=write writes what is there now; read the difference before you commit it."""
    path = GOLDEN / name
    if os.environ.get("KERNEL_GEPA_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


# ---------------------------------------------------------------- what the model is shown


def test_the_prompt_for_a_kernel_that_does_not_build() -> None:
    start = failed("scale", SCALE)
    is_golden("kernel_build_failed.md", shown(seeded(KERNEL, start), start))


def test_the_prompt_for_a_correct_kernel_with_attempts_and_a_better_one_elsewhere() -> None:
    start = correct("scale", SCALE, 1.0)
    unrolled = SCALE.replace("i++", "i += 4")
    better = SCALE.replace("2.0f * x[i]", "x[i] + x[i]")
    pool = seeded(KERNEL, start)
    pool = pool.apply(declined(KERNEL, unrolled, failed("scale", unrolled), origin="tune(UNROLL=4)"))
    pool = pool.apply(declined(KERNEL, AWKWARD, correct("scale", AWKWARD, 1.001)))
    pool = pool.apply(Admitted(Candidate({KERNEL.name: better}, (0,)), (correct("scale", better, 1.5),), "record"))
    is_golden("kernel_correct.md", shown(pool, start))


def test_the_prompt_for_a_module_of_a_system() -> None:
    calls = (
        ModuleCall("planner", "plan what?", "a plan"),
        ModuleCall("coder", "Write scale.", f"Sure:\n```cpp\n{SCALE}```"),
        ModuleCall("coder", "Repair it.", "```cpp\nint x\n```"),
    )
    first = failed("scale", "int x\n", calls)
    second = correct("shift", SCALE.replace("scale", "shift"), 1.2)
    is_golden("text_of_a_module.md", shown(seeded(CODER, first, second), first, second))


def test_the_prompt_for_a_module_shows_what_came_of_its_own_answer_and_how_the_rollout_went_on() -> None:
    calls = (
        ModuleCall("planner", f"{CODER.seed}\nPlan it.", "Unroll."),
        ModuleCall(
            "coder", f"{CODER.seed}\nWrite scale.", "```cpp\nint x\n```", "DOES NOT BUILD: expected ';'\n  here"
        ),
        ModuleCall("repairer", "Repair it.", f"```cpp\n{SCALE}```", "The kernel in it is right."),
    )
    found = replace(correct("scale", SCALE, 1.2), rollout=Rollout(SCALE, calls))
    prompt = shown(seeded(CODER, found), found)
    assert (
        "What was found out about this answer at once:\n\n```text\nDOES NOT BUILD: expected ';'\n  here\n```" in prompt
    )
    assert (
        "- planner: answered\n- coder: DOES NOT BUILD: expected ';'\n- repairer: The kernel in it is right." in prompt
    )
    assert f"The kernel that came out:\n\n```cpp\n{SCALE}```" in prompt
    assert "Repair it." not in prompt
    assert prompt.count(CODER.seed) == 1  # the module's text is shown once, and not again in front of each example


def test_a_kernel_that_a_program_started_from_is_shown_with_what_was_made_of_it() -> None:
    better = SCALE.replace("2.0f * x[i]", "x[i] + x[i]")
    found = replace(correct("scale", better, 1.5), rollout=Rollout(better, (ModuleCall("coder", "p", "r"),)))
    prompt = shown(seeded(KERNEL, found), found)
    assert f"## The current kernel\n\n```cpp\n{SCALE}```" in prompt
    assert "## What was made of it" in prompt
    assert f"```cpp\n{better}```" in prompt
    assert "Correct, 1.50x the start." in prompt


def test_a_module_that_was_not_asked_costs_no_call_and_hands_the_parent_on() -> None:
    found = failed("scale", SCALE, (ModuleCall("planner", "plan what?", "a plan"),))
    model = Scripted(["no answer"])
    outcome = reflect(model, found).propose(seeded(CODER, found), Random(0))
    assert outcome == NoProposal("coder was not asked on scale", parent=0)
    assert model.prompts == []


def test_an_example_without_a_call_of_the_module_says_so() -> None:
    asked = failed("scale", SCALE, (ModuleCall("coder", "Write scale.", "no"),))
    not_asked = failed("shift", SCALE, (ModuleCall("planner", "plan what?", "a plan"),))
    prompt = shown(seeded(CODER, asked, not_asked), asked, not_asked)
    assert "The module was not asked here." in prompt
    assert "plan what?" not in prompt


def test_texts_with_slots_and_fences_arrive_verbatim() -> None:
    component = replace(KERNEL, seed=AWKWARD)
    finding = replace(failed("scale", AWKWARD), feedback=AWKWARD)
    prompt = shown(seeded(component, finding), finding)
    assert prompt.count(AWKWARD) == 2
    assert f"````cpp\n{AWKWARD}````" in prompt


def test_what_changes_from_call_to_call_comes_last() -> None:
    other = SCALE.replace("2.0f * x[i]", "x[i] + x[i]")
    one, two = failed("scale", SCALE), correct("scale", other, 1.3)
    prompts = [shown(seeded(KERNEL, one), one), shown(seeded(replace(KERNEL, seed=other), two), two)]
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*prompts, strict=False)))
    assert "## How to go about it" in prompts[0][:common]
    assert common > 0.75 * len(prompts[0])


def test_a_long_feedback_is_clipped_and_the_text_to_improve_never_is() -> None:
    long = SCALE + "".join(f"// remark {n}\n" for n in range(10_000))
    finding = replace(failed("scale", long), feedback="\n".join(f"error {n}" for n in range(10_000)))
    prompt = shown(seeded(replace(KERNEL, seed=long), finding), finding)
    assert long in prompt
    assert "error 0\n" in prompt
    assert "error 9999\n" in prompt
    assert "lines left out …]" in prompt
    assert len(prompt) < len(long) + brief.FEEDBACK + 6000


def test_a_reference_that_the_statement_does_not_quote_is_shown() -> None:
    finding = failed("scale", SCALE)
    assert shown(seeded(KERNEL, finding), finding).count("def reference(x):") == 1


def test_an_attempt_on_a_longer_kernel_is_told_as_its_difference() -> None:
    long = SCALE * 5
    start = failed("scale", long)
    component = replace(KERNEL, seed=long)
    pool = seeded(component, start).apply(declined(component, long.replace("i++", "++i", 1), start))
    changed = "-    for (long i = 0; i < n; i++) {\n+    for (long i = 0; i < n; ++i) {"
    assert "What it changed:\n\n```diff\n@@ -1,3 +1,3 @@\n" in shown(pool, start)
    assert changed in shown(pool, start)


def test_attempts_on_another_component_are_not_told() -> None:
    both = Pool((KERNEL, CODER))
    texts = {KERNEL.name: SCALE, CODER.name: CODER.seed}
    start = failed("scale", SCALE)
    pool = both.apply(Admitted(Candidate(texts), (start,), "the seed"))
    pool = pool.apply(Declined(Candidate({**texts, CODER.name: "Other.\n"}, (0,)), (start,), "no better"))
    assert "Earlier attempts" not in shown(pool, start)


# ---------------------------------------------------------------- what becomes of the reply


def answered(line: Line) -> Proposal | NoProposal:
    start = failed("scale", SCALE)
    return reflect(Scripted([line]), start).propose(seeded(KERNEL, start), Random(0))


def test_the_block_of_the_reply_becomes_the_child() -> None:
    outcome = answered("It misses a semicolon.\n```cpp\nint x;\n```\n")
    assert isinstance(outcome, Proposal)
    assert outcome.child == Candidate({KERNEL.name: "int x;\n"}, parents=(0,), origin="reflect")
    assert [t.id for t in outcome.gate] == ["scale"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("I would rather not.", "no fenced block"),
        (Reply("```cpp\nint x;\n```", truncated=True), "length limit"),
        (f"```cpp\n{SCALE}```", "repeats the parent's text"),
        (f"```cpp\n{SCALE}\n\n```", "repeats the parent's text"),
    ],
)
def test_a_reply_that_cannot_be_used_is_no_proposal_and_says_why(line: Line, why: str) -> None:
    outcome = answered(line)
    assert isinstance(outcome, NoProposal)
    assert why in outcome.reason
    assert outcome.parent == 0


def test_a_failure_of_the_model_is_a_pass_that_says_so() -> None:
    outcome = answered(ModelError("out of order"))
    assert isinstance(outcome, NoProposal)
    assert "out of order" in outcome.reason


@pytest.mark.parametrize(
    "error", [ModelDown("again and again"), InfrastructureError("no such recording"), UsageError("no key")]
)
def test_what_no_other_question_would_cure_is_raised(error: KernelGepaError) -> None:
    def fail(prompt: str) -> str:
        raise error

    with pytest.raises(type(error), match=str(error)):
        reflect(Scripted(fail), failed("scale", SCALE)).propose(seeded(KERNEL, failed("scale", SCALE)), Random(0))


def test_other_components_of_the_parent_are_kept() -> None:
    start = failed("scale", SCALE)
    texts = {KERNEL.name: SCALE, CODER.name: CODER.seed}
    pool = Pool((KERNEL, CODER)).apply(Admitted(Candidate(texts), (start,), "the seed"))
    outcome = reflect(Scripted(["```\nint x;\n```"]), start).propose(pool, Random(0))
    assert isinstance(outcome, Proposal)
    assert outcome.child.texts == {**texts, KERNEL.name: "int x;\n"}


def test_the_parent_is_evaluated_on_the_minibatch_before_one_call() -> None:
    start = failed("scale", SCALE)
    model, bench = Scripted(["no answer"]), Bench({"scale": start})
    proposer = Reflect(
        model,
        bench,
        pick_parent=lambda pool, rng: 0,
        pick_component=lambda pool, who: KERNEL,
        minibatch=lambda pool, component: (task("scale"),),
    )
    pool = seeded(KERNEL, start)
    proposer.propose(pool, Random(0))
    assert bench.asked == [(pool.members[0].candidate, ("scale",))]
    assert len(model.prompts) == 1


def test_every_step_asks_for_a_sample_of_its_own_and_the_same_step_for_the_same() -> None:
    samples: list[int] = []

    class Listening(Scripted):
        def complete(self, prompt: str, *, sample: int = 0) -> Reply:
            samples.append(sample)
            return super().complete(prompt, sample=sample)

    start = failed("scale", SCALE)
    proposer = reflect(Listening(lambda prompt: "no answer"), start)
    for step in ("7:1", "7:2", "7:1"):
        proposer.propose(seeded(KERNEL, start), Random(step))
    assert samples[0] == samples[2] != samples[1]
