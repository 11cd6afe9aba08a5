"""The first filter: what a kernel's text gives away without running it. Never the wall; the sandbox is that.

Reasons refuse a kernel in strict mode; in report-only mode they go with the verdict as tags, and the walls decide.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from kernel_gepa.domain.provenance import FLAGGED, OWN
from kernel_gepa.domain.task import Form, Task
from kernel_gepa.domain.verdict import Rejected
from kernel_gepa.harness.screening import cpp, likeness, makers, python

START_TAG = "a copy of the reference, to start from"
INDUCTOR_TAG = "TorchInductor's code, to start from"


@dataclass(frozen=True, slots=True)
class Screened:
    """`reasons` refuse the kernel in strict mode; `makers` say whose work it is, and every report counts them apart."""

    reasons: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()

    @property
    def tags(self) -> tuple[str, ...]:
        return (*self.makers, *(FLAGGED + reason for reason in self.reasons))

    def verdict(self) -> Rejected | None:
        return Rejected(self.reasons[0], self.reasons) if self.reasons else None


def screen(kernel: str, task: Task) -> Screened:
    if task.form is Form.NATIVE:
        return Screened(_once(cpp.reasons(kernel)), makers.of_cpp(kernel))
    try:
        tree = ast.parse(kernel)
        return _screen_python(kernel, tree, task)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Screened()  # the build says it better


def _screen_python(kernel: str, tree: ast.Module, task: Task) -> Screened:
    found = list(python.reasons(tree, task.id))
    for text in makers.inline_sources(tree):
        found += (f"inline C++ {reason}" for reason in cpp.reasons(text, inline=True))
    made = makers.of_python(tree)
    start = kernel.strip() == task.kernel.strip()
    if start and task.start_is_reference:
        return Screened(_once(found), (*made, START_TAG))
    if start and task.start_is_generated:  # nobody else has worked on it yet
        return Screened(_once(found), (*(maker for maker in made if maker != OWN), INDUCTOR_TAG))
    likely = likeness.of_reference(tree, task)
    return Screened(_once([*found, likely] if likely else found), made)


def _once(reasons: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reasons))
