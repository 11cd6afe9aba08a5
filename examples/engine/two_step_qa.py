"""Evolves the two prompts of a program that answers questions in two steps: one module collects facts, one answers.

    python examples/engine/two_step_qa.py openai/gpt-5-mini 60

Any model that `kernel-gepa optimize --model` takes will do; 60 is the number of rollouts.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Rollout
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Graded
from kernel_gepa.models.choose import choose
from kernel_gepa.ports import LanguageModel
from kernel_gepa.programs.trajectory import Trajectory
from kernel_gepa.recipes.engine import evolve, question

ENTRIES = json.loads((Path(__file__).parent / "questions.json").read_text())
QUESTIONS = [
    question(e["id"], f"{e['paragraphs']}\n\nQuestion: {e['question']}", reference=e["answer"]) for e in ENTRIES
]


class TwoSteps:
    """The second module sees what the first one collected, and never the paragraphs."""

    components = (
        Component("collect", "Collect the facts that the question needs."),
        Component("answer", "Answer the question from the facts."),
    )

    def __init__(self, model: LanguageModel) -> None:
        self.model = model

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:
        made = Trajectory()
        asked = task.statement.rpartition("Question: ")[2]
        facts = made.ask(self.model, "collect", f"{texts['collect']}\n\n{task.statement}").text.strip()
        answer = made.ask(
            self.model, "answer", f"{texts['answer']}\n\nFacts:\n{facts}\n\nQuestion: {asked}"
        ).text.strip()
        return made.rollout(answer)


class ExactAnswer:
    """One point for the very words, a part of one for having them among others."""

    fingerprint = "exact answer, version 1"

    def judge(self, kernel: str, task: Task) -> Graded:
        found, wanted = (re.sub(r"\W+", " ", text).strip().lower() for text in (kernel, task.reference))
        if found == wanted:
            return Graded(1.0, "Exactly right.")
        if f" {wanted} " in f" {found} ":
            return Graded(0.5, f"The right words are in it, and others too: answer with nothing but {wanted!r}.")
        return Graded(0.0, f"Wrong: the answer is {wanted!r}. Either the facts lack a step, or a wrong one was taken.")


if __name__ == "__main__":
    evolved = evolve(TwoSteps, ExactAnswer(), QUESTIONS, choose(sys.argv[1]), rollouts=int(sys.argv[2]))
    print(f"{evolved.pool.mean(0):.2f} points on average became {evolved.mean:.2f}; {evolved.stopped}")
    for name, text in evolved.texts.items():
        print(f"--- {name}\n{text}")
