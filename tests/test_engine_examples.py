"""The engine on tasks that are no kernels: it improves them, and only if the grader's feedback reaches reflection."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Graded
from kernel_gepa.models.scripted import Scripted
from kernel_gepa.ports import Judge
from kernel_gepa.recipes.engine import evolve
from tests.loaded import ROOT, load

QA = load(ROOT / "examples" / "engine" / "two_step_qa.py")
IF = load(ROOT / "examples" / "engine" / "instructions.py")

REFLECTION = "# Improve a text"


class Silent:
    """Gives the same points and says nothing about them."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.fingerprint = f"{judge.fingerprint}, silent"

    def judge(self, kernel: str, task: Task) -> Graded:
        verdict = self._judge.judge(kernel, task)
        assert isinstance(verdict, Graded)
        return replace(verdict, why="-")


def improved(lessons: dict[str, str], prompt: str) -> str:
    """Adds to the current text what the prompt gives a reason for, and otherwise a word of encouragement."""
    current = re.search(r"## The current text\n\n(`{3,})\n(?P<text>.*?)\n\1", prompt, re.DOTALL)
    assert current is not None
    learnt = [rule for sign, rule in lessons.items() if sign in prompt and rule not in current["text"]]
    return f"Reasons.\n```\n{current['text']}\n{' '.join(learnt) or 'Do your best!'}\n```"


def module_of_qa(prompt: str) -> str:
    """Takes facts only from the first paragraph and chats, until its text tells it otherwise."""
    if prompt.startswith(REFLECTION):
        if "called collect" in prompt:
            return improved({"the facts lack a step": "Go through every paragraph."}, prompt)
        return improved({"answer with nothing but": "Say nothing but the answer."}, prompt)
    if "Facts:" not in prompt:
        paragraphs = prompt.partition("\n\nQuestion:")[0].split("\n\n")
        return "\n\n".join(paragraphs[1:]) if "every paragraph" in paragraphs[0] else paragraphs[1]
    text, _, rest = prompt.partition("Facts:")
    facts, _, asked = rest.rpartition("Question: ")
    answer = next(t.reference for t in QA.QUESTIONS if t.statement.endswith(asked))
    if answer not in facts:
        return "I do not know"
    return answer if "nothing but" in text else f"I think it is {answer}."


# What only the grader says, and no task.
LESSONS = {
    "capital letters occur": "Never a capital.",
    "words and may have": "Count the words.",
    "and must have": "Count the lines.",
    "its last words must be": "Mind the end.",
    "it is not JSON": "Bare JSON.",
    "occurs in": "Spell each word.",
    "must occur exactly twice": "Count how often.",
}
RULES = {
    "lower": "Never a capital.",
    "words": "Count the words.",
    "bullets": "Count the lines.",
    "ends": "Mind the end.",
    "as_json": "Bare JSON.",
    "without": "Spell each word.",
    "twice": "Count how often.",
}
GOOD = {
    "tide": "the pull of the moon",
    "soup": "- a\n- b\n- c\n- d\nenjoy it",
    "city": '{"name": "x", "river": "y"}',
    "cat": "It purrs and naps",
    "rain": "Rain and rain",
    "letter": "thanks, with warm regards",
    "pros": "- air\n- light\n- calm",
    "data": '{"place": "x", "sky": "y", "degrees": 1}',
}


def module_of_if(prompt: str) -> str:
    """Follows an instruction when its text has the rule for it."""
    if prompt.startswith(REFLECTION):
        return improved(LESSONS, prompt)
    task = next(t for t in IF.INSTRUCTIONS if prompt.endswith(t.statement))
    rules = [RULES[check] for check in json.loads(task.reference)]
    return GOOD[task.id] if all(rule in prompt for rule in rules) else "Oops! " * 50


CASES: dict[str, tuple[ModuleType, Any, Any, Any]] = {
    "two-step question answering": (QA, QA.TwoSteps, QA.ExactAnswer(), module_of_qa),
    "instruction following": (IF, IF.Follow, IF.Obeyed(), module_of_if),
}
TASKS = {"two-step question answering": QA.QUESTIONS, "instruction following": IF.INSTRUCTIONS}


@pytest.mark.parametrize("name", CASES)
def test_an_example_reaches_full_points_when_feedback_reaches_reflection(name: str) -> None:
    _, program, judge, script = CASES[name]
    evolved = evolve(program, judge, TASKS[name], Scripted(script), rollouts=150)
    assert evolved.pool.mean(0) < 0.5
    assert evolved.mean == 1.0


@pytest.mark.parametrize("name", CASES)
def test_the_same_model_learns_nothing_without_feedback(name: str) -> None:
    _, program, judge, script = CASES[name]
    evolved = evolve(program, Silent(judge), TASKS[name], Scripted(script), rollouts=150)
    assert evolved.mean == evolved.pool.mean(0)


def test_the_answer_is_never_shown_to_a_module() -> None:
    model = Scripted(module_of_qa)
    evolve(QA.TwoSteps, QA.ExactAnswer(), QA.QUESTIONS, model, rollouts=20)
    task = next(t for t in QA.QUESTIONS if t.id == "larger")
    assert not any(p.count(task.reference) > task.statement.count(task.reference) for p in model.prompts
                   if task.statement in p and not p.startswith(REFLECTION))  # fmt: skip


def test_a_task_that_is_solved_costs_no_reflection() -> None:
    asked = Scripted(lambda prompt: "no" if prompt.startswith(REFLECTION) else "yes")
    only = [replace(QA.QUESTIONS[0], reference="yes")]
    evolved = evolve(QA.TwoSteps, QA.ExactAnswer(), only, asked, rollouts=20)
    assert evolved.mean == 1.0
    assert not any(p.startswith(REFLECTION) for p in asked.prompts)
    assert "nothing is left to improve" in evolved.stopped


def test_the_checks_of_the_instructions_tell_right_from_wrong() -> None:
    for task in IF.INSTRUCTIONS:
        assert IF.Obeyed().judge(GOOD[task.id], task).points == 1.0, task.id
        assert IF.Obeyed().judge("Oops! " * 50, task).points < 1.0, task.id
