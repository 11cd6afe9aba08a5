"""Knowledge of the device, added to the feedback where it fits the failure: the retrieval inside the paper's μf.

It goes into the feedback and not into an evolved prompt, so that a prompt learns what it needs and works without it.

    ## Loops that are not vectorised         the heading is for people
    when: couldn't vectorize|not vectorized  a pattern that the feedback must hold
    source: \\bstd::exp\\b                     and the kernel too (optional)
    unless: #pragma omp simd                 and the kernel must not hold (optional)
    for: cpp                                 the language of the kernel (optional)

    What to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.judging.evaluator import Feedback

MOST = 3  # the first that fit: a file states the more particular ones first
KEYS = ("when", "source", "unless", "for")
KEY = re.compile(rf"(?P<key>{'|'.join(KEYS)}):\s*(?P<value>.+)")


@dataclass(frozen=True, slots=True)
class Hint:
    title: str
    when: str
    text: str
    source: str = ""
    unless: str = "(?!)"  # matches nothing
    language: str = ""

    def fits(self, said: str, kernel: str, language: str) -> bool:
        return bool(
            self.language in ("", language)
            and re.search(self.when, said, re.IGNORECASE)
            and re.search(self.source, kernel)
            and not re.search(self.unless, kernel)
        )


def hints(text: str) -> tuple[Hint, ...]:
    """The hints of a file. Raises ValueError for a section that does not say when it applies."""
    return tuple(_hint(*section.split("\n", 1)) for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:])


def hinted(feedback: Feedback, known: Sequence[Hint]) -> Feedback:
    """The same feedback, with what is known about such a failure behind it."""

    def told(verdict: Verdict, task: Task, kernel: str) -> str:
        said = feedback(verdict, task, kernel)
        fitting = [h for h in known if h.fits(said, kernel, task.language.value)][:MOST]
        if not fitting:
            return said
        return "\n".join([said, "Worth knowing here:", *(f"- {h.title}. {h.text}" for h in fitting)])

    return told


def _hint(title: str, section: str = "") -> Hint:
    keys, lines = dict[str, str](), section.splitlines()
    while lines and (found := KEY.fullmatch(lines[0].strip())):
        keys[found["key"]] = found["value"].strip()
        lines.pop(0)
    text = " ".join(line.strip() for line in lines if line.strip())
    if "when" not in keys or not text:
        raise ValueError(f"the hint {title.strip()!r} must say when it applies (`when: PATTERN`) and what to do")
    language = keys.pop("for", "")
    return Hint(title.strip(), text=text, language=language, **keys)
