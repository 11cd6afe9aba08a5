"""What was found right or wrong in the middle of rollouts: facts too, so that a rollout can be taken again exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock

from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.ports import Check


@dataclass(frozen=True, slots=True)
class Checking:
    """The fact of one check. `wrong` holds the verdict; it is empty when the kernel was right."""

    key: str
    wrong: tuple[Verdict, ...]


class Checked:
    """A `Check` that checks each kernel once. Words of a verdict differ from time to time, because inputs do: a
    prompt that quotes them can only be repeated when they are remembered. Calls may run in parallel.
    """

    def __init__(
        self,
        check: Check,
        fingerprint: str,
        *,
        known: Iterable[Checking] = (),
        on_fact: Callable[[Checking], None] = lambda _: None,
    ) -> None:
        self._check = check
        self._fingerprint = fingerprint
        self._known = {c.key: c for c in known}
        self._on_fact = on_fact
        self._lock = Lock()

    def __call__(self, kernel: str, task: Task) -> Verdict | None:
        key = hashlib.sha256(repr((kernel, task.fingerprint, self._fingerprint)).encode()).hexdigest()[:24]
        if key not in self._known:
            verdict = self._check(kernel, task)
            found = Checking(key, () if verdict is None else (verdict,))
            with self._lock:
                self._on_fact(found)
                self._known[key] = found
        return next(iter(self._known[key].wrong), None)
