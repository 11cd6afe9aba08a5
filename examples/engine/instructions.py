"""Evolves the prompt of a module that has to follow instructions to the letter; each is checked by a program.

python examples/engine/instructions.py openai/gpt-5-mini 60
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.evaluation import Rollout
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Graded
from kernel_gepa.models.choose import choose
from kernel_gepa.ports import LanguageModel
from kernel_gepa.programs.trajectory import Trajectory
from kernel_gepa.recipes.engine import evolve, question

# Each check answers with what is wrong, or with nothing.
Check = Callable[[str, str], str]


def words(answer: str, most: str) -> str:
    count = len(answer.split())
    return f"it has {count} words and may have {most} at most" if count > int(most) else ""


def without(answer: str, letter: str) -> str:
    found = [word for word in answer.split() if letter in word.lower()]
    return f"the letter {letter} occurs in {', '.join(found[:5])}" if found else ""


def bullets(answer: str, count: str) -> str:
    found = sum(line.startswith("- ") for line in answer.splitlines())
    return f"it has {found} lines that begin with '- ' and must have {count}" if found != int(count) else ""


def ends(answer: str, words: str) -> str:
    return "" if answer.rstrip().endswith(words) else f"its last words must be {words!r}, with nothing after them"


def lower(answer: str, _: str) -> str:
    found = re.findall(r"[A-Z]\w*", answer)
    return f"capital letters occur in {', '.join(found[:5])}" if found else ""


def as_json(answer: str, keys: str) -> str:
    try:
        found = json.loads(answer)
    except ValueError as error:
        return f"it is not JSON as it stands, without a fence around it: {error}"
    wanted = keys.split(",")
    return "" if isinstance(found, dict) and list(found) == wanted else f"its keys must be {wanted} in this order"


def twice(answer: str, word: str) -> str:
    count = len(re.findall(rf"\b{word}\b", answer, re.IGNORECASE))
    return f"the word {word!r} occurs {count} times and must occur exactly twice" if count != 2 else ""


CHECKS: Mapping[str, Check] = {c.__name__: c for c in (words, without, bullets, ends, lower, as_json, twice)}
ENTRIES = json.loads((Path(__file__).parent / "instructions.json").read_text())
INSTRUCTIONS = [question(e["id"], e["prompt"], reference=json.dumps(e["checks"])) for e in ENTRIES]


class Follow:
    components = (Component("follow", "Do what you are asked."),)

    def __init__(self, model: LanguageModel) -> None:
        self.model = model

    def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:
        made = Trajectory()
        return made.rollout(made.ask(self.model, "follow", f"{texts['follow']}\n\n{task.statement}").text.strip())


class Obeyed:
    """The share of instructions that were followed; what was not is told."""

    fingerprint = "instructions, version 1"

    def judge(self, kernel: str, task: Task) -> Graded:
        checks = json.loads(task.reference)
        wrong = [said for name, argument in checks.items() if (said := CHECKS[name](kernel, str(argument)))]
        why = "; ".join(wrong)
        return Graded(
            1 - len(wrong) / len(checks), f"Not followed: {why}." if wrong else "Every instruction was followed."
        )


if __name__ == "__main__":
    evolved = evolve(Follow, Obeyed(), INSTRUCTIONS, choose(sys.argv[1]), rollouts=int(sys.argv[2]))
    print(f"{evolved.pool.mean(0):.2f} points on average became {evolved.mean:.2f}; {evolved.stopped}")
    print(evolved.texts["follow"])
