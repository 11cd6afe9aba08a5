"""The benches of a run: one for each baseline that its tasks are measured against, opened at the first use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from threading import Lock

from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.harness.agreement import Agreement, Tolerance
from kernel_gepa.harness.driver import Bench, Settings, fingerprint
from kernel_gepa.harness.lease import free
from kernel_gepa.harness.npu import NpuBench
from kernel_gepa.ports import Backend, Sandbox
from kernel_gepa.recipes import kinds
from kernel_gepa.recipes.plugins import backend_named, sandbox_named
from kernel_gepa.recipes.wish import Header, Wish


def settings_of(wish: Wish, against: str) -> Settings:
    return Settings(threads=wish.threads, against=against, strict=wish.strict)


def print_of(wish: Wish, against: Sequence[str], backend: Backend, sandbox: Sandbox) -> str:
    """What decides the verdicts of a run beside its tasks; with one baseline it is the bench's own."""
    found = [fingerprint(backend, sandbox, settings_of(wish, side)) for side in sorted(set(against))]
    return found[0] if len(found) == 1 else hashlib.sha256("\n".join(found).encode()).hexdigest()[:16]


class Benches:
    """`Judge` and `Check` for all tasks of a run. Whoever passes `held` closes them.

    `charge` is told the seconds that they had the device for themselves.
    """

    def __init__(self, header: Header, held: ExitStack, *, charge: Callable[[float], None] = free) -> None:
        self.fingerprint = header.bench
        self._header = header
        self._held = held
        self._charge = charge
        self._open: dict[str, Bench | NpuBench] = {}
        self._lock = Lock()

    def judge(self, kernel: str, task: Task) -> Verdict:
        return self._of(task).judge(kernel, task)

    def check(self, kernel: str, task: Task) -> Verdict | None:
        return self._of(task).sound(kernel, task)

    def verify(self, kernel: str, task: Task, against: tuple[str, ...], processes: int) -> Verdict:
        return self._of(task).verify(kernel, task, against, processes)

    def agrees(self, kernel: str, task: Task, trials: int, tolerance: Tolerance) -> Agreement | Verdict:
        bench = self._of(task)
        assert isinstance(bench, Bench), "what is judged by estimates has rules of its own"
        return bench.agrees(kernel, task, trials, tolerance)

    def _of(self, task: Task) -> Bench | NpuBench:
        wish, against = self._header.wish, self._header.entry(task.id).against
        with self._lock:
            if against not in self._open:
                bench = kinds.of(wish.backend).bench(self._header, settings_of(wish, against), self._charge)
                self._open[against] = self._held.push(bench)  # entering it is nothing more
            return self._open[against]


def present_print(header: Header) -> str:
    """What the bench of a run would be told apart by, if it were made now."""
    own = kinds.of(header.wish.backend).own
    if own is not None:
        return own.print(header)
    sandbox = sandbox_named(header.sandbox, model=header.wish.model)
    against = [entry.against for entry in header.entries]
    return print_of(header.wish, against, backend_named(header.wish.backend), sandbox)
