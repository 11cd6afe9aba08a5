"""A judge that says what it was told to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict


class ScriptedJudge:
    """Answers from a function of (kernel, task), or from a dict by kernel text. Remembers what it was asked.

    A kernel that the dict does not know is a KeyError: the test is incomplete, not the kernel bad.
    """

    def __init__(
        self, script: Callable[[str, Task], Verdict] | Mapping[str, Verdict], *, fingerprint: str = "scripted"
    ) -> None:
        self._script = script
        self.fingerprint = fingerprint
        self.asked: list[tuple[str, str]] = []  # (task, kernel)

    def judge(self, kernel: str, task: Task) -> Verdict:
        self.asked.append((task.id, kernel))
        return self._script[kernel] if isinstance(self._script, Mapping) else self._script(kernel, task)
