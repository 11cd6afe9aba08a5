"""One kernel of a check: is it right, and what may be claimed of its speed?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Protocol

from kernel_gepa.domain.comparison import Look, Rule
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Incorrect, Verdict, name, reason
from kernel_gepa.errors import InfrastructureError, TaskError
from kernel_gepa.harness.driver import Bench, Settings
from kernel_gepa.judging.gate import overall, per_launch, settled
from kernel_gepa.ports import Backend, Sandbox
from kernel_gepa.recipes.ci.match import MARK, Match, hashed
from kernel_gepa.report.ci.record import Cell, Kernel, State

SHORT = 2000  # characters of what goes into a result about one failure

Looks = Mapping[str, Look]  # by workload


class Measure(Protocol):
    """One look at all workloads; a Verdict when head's kernel is not right after all."""

    def __call__(self, bench: Bench, kernel: str, task: Task) -> Looks | Verdict: ...


@dataclass
class Judging:
    """Judges kernels one after the other on one bench, and on a fresh one where that was lost. Whoever passes `held`
    closes it.
    """

    backend: Backend
    sandbox: Sandbox
    settings: Settings
    rule: Rule
    measure: Measure
    held: ExitStack
    deadline: float | None = None
    evaluations: int = 0
    device_s: float = 0.0
    seen: dict[str, Looks] = field(default_factory=dict)  # the last looks by source, for whoever stores them
    _open: Bench | None = field(default=None, init=False)

    def judge(self, match: Match) -> Kernel:
        """Never raises for what is wrong with this kernel, its task or the house: others are waiting."""
        blank = Kernel(match.draft.id, match.named.source, match.file, State.UNJUDGED, "the budget ended before it")
        blank = replace(blank, base_sha256=hashed(_bare(match.base)), head_sha256=hashed(match.draft.kernel))
        if self._over():
            return blank
        try:
            found = self._judged(self._bench(), match, blank)
        except TaskError as error:
            return replace(blank, state=State.UNUSABLE, why=_short(error))
        except InfrastructureError as error:
            self._open = None
            return replace(blank, state=State.FAILED, why=_short(error))
        return replace(found, notes=(*match.notes, *found.notes))

    def _judged(self, bench: Bench, match: Match, blank: Kernel) -> Kernel:
        task = bench.complete(match.draft)
        if match.base is not None:
            task = replace(task, kernel=match.base, start_is_reference=False)
        try:
            return self._of_task(bench, match, task, replace(blank, notes=task.warnings))
        finally:
            bench.forget(task)

    def _of_task(self, bench: Bench, match: Match, task: Task, blank: Kernel) -> Kernel:
        why = match.why
        if match.base is not None and not match.unchanged:
            self.evaluations += 1
            broken = bench.sound(match.base, task)
            why = f"the base is no measure, it is {name(broken)}: {reason(broken)}" if broken else ""
        if match.unchanged or match.skipped or why or not (match.base or match.then):
            return self._right_or_wrong(bench, match, task, replace(blank, why=_short(why)))
        return self._compared(bench, match, task, blank)

    def _right_or_wrong(self, bench: Bench, match: Match, task: Task, blank: Kernel) -> Kernel:
        self.evaluations += 1
        wrong = bench.sound(match.draft.kernel, task)
        if wrong is not None:
            return incorrect(blank, wrong)
        if match.skipped:
            return replace(blank, state=State.SKIPPED)
        if match.store:
            return self._stored(bench, match, task, blank)
        if match.unchanged:
            return replace(blank, state=State.UNCHANGED, why="right, and its text is that of the base")
        return replace(blank, state=State.NEW)

    def _stored(self, bench: Bench, match: Match, task: Task, blank: Kernel) -> Kernel:
        """One look against the eager reference, for whoever keeps it."""
        self.evaluations += 1
        found = self.measure(bench, match.draft.kernel, task)
        if not isinstance(found, Mapping):
            return incorrect(blank, found)
        self.seen[match.named.source] = found
        return replace(blank, state=State.NEW)

    def _compared(self, bench: Bench, match: Match, task: Task, blank: Kernel) -> Kernel:
        taken: dict[str, list[Look]] = {}
        for _ in range(self.rule.looks):
            if self._over():
                return replace(blank, why="the budget ended before its looks decided")
            self.evaluations += 1
            found = self.measure(bench, match.draft.kernel, task)
            if not isinstance(found, Mapping):
                return incorrect(blank, found)
            self.seen[match.named.source] = found
            for workload, look in found.items():
                taken.setdefault(workload, []).append(_with_then(look, match, workload))
            cells = cells_of(taken, self.rule)
            if len(cells) == len(taken):
                return claimed(blank, cells)
        raise AssertionError("the last look settles every workload")

    def _bench(self) -> Bench:
        if self._open is None:
            bench = Bench(self.backend, self.sandbox, self.settings, charge=self._charge)
            self._open = self.held.enter_context(bench)
        return self._open

    def _over(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def _charge(self, seconds: float) -> None:
        self.device_s += seconds


def claimed(blank: Kernel, cells: tuple[Cell, ...]) -> Kernel:
    """The kernel with what its workloads say together."""
    claim = overall(cell.claim for cell in cells)
    telling = [cell for cell in cells if cell.claim is claim]
    why = "; ".join(f"{cell.workload} {cell.why}" for cell in telling[:3])
    more = f"; and {len(telling) - 3} more workloads" if len(telling) > 3 else ""
    return replace(blank, state=State(claim.value), why=why + more, cells=cells)


def incorrect(blank: Kernel, wrong: Verdict) -> Kernel:
    details = [line for m in wrong.mismatches for line in m.details] if isinstance(wrong, Incorrect) else []
    return replace(
        blank,
        state=State.INCORRECT,
        why=_short(f"{name(wrong).replace('_', ' ')}: {reason(wrong)}"),
        notes=(*blank.notes, *map(_short, details[:8])),
    )


def cells_of(taken: Mapping[str, Sequence[Look]], rule: Rule) -> tuple[Cell, ...]:
    """The workloads that are settled, each with the looks that settled it."""
    cells = []
    for workload, looks in taken.items():
        for count in range(1, len(looks) + 1):
            found = settled(looks[:count], rule)
            if found is not None:
                middle = per_launch(looks[count - 1], rule.unit)
                used = tuple(looks[:count])
                cells.append(
                    Cell(workload, found.claim, found.speedup, found.why, middle.base[0], middle.head[0], used)
                )
                break
    return tuple(cells)


def _with_then(look: Look, match: Match, workload: str) -> Look:
    if not match.then:
        return look
    known = next((cell.pairs for cell in match.then if cell.workload == workload), None)
    if known is None:
        raise TaskError(f"the stored baseline knows no workload {workload!r} of {match.named.source}; store it anew")
    return replace(look, then=known)


def _bare(base: str | None) -> str | None:
    return base.removesuffix(MARK) if base is not None else None


def _short(text: object) -> str:
    words = str(text)
    return words if len(words) <= SHORT else f"{words[:SHORT]} […{len(words) - SHORT} more characters]"
