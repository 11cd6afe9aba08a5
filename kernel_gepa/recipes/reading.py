"""A run as its journal has it, for whoever only wants to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from kernel_gepa import codec
from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import TaskId
from kernel_gepa.domain.verdict import Static, Verdict
from kernel_gepa.errors import RunFolderError
from kernel_gepa.recipes.asking import paid
from kernel_gepa.recipes.uses import components_of
from kernel_gepa.recipes.wish import Header
from kernel_gepa.report.archive import Archived, archive
from kernel_gepa.store import journal, records


@dataclass(frozen=True, slots=True)
class Verification:
    """The fact of the verified winner of a task."""

    task: TaskId
    kernel: str
    origin: str
    verdict: Verdict


VERIFICATION = "verification"
CHECK = "check"  # the facts of judging.checked
LESSONS = "lessons"


@dataclass(frozen=True, slots=True)
class Lessons:
    """The fact of what reflection was told of other tasks, from this step on."""

    step: int
    text: str


@dataclass(frozen=True)
class Read:
    """A run as its journal has it. `pool` is its history, folded."""

    header: Header
    recorded: records.Recorded
    pool: Pool

    @property
    def spend(self) -> Spend:
        """By the steps; of money what was really paid, with what failed and what is in flight."""
        booked, money = sum((event.spend for event in self.recorded.history), Spend()), paid(self.recorded)
        return replace(booked, model_calls=money.model_calls, tokens=money.tokens, usd=money.usd)

    @cached_property
    def archive(self) -> Mapping[TaskId, Sequence[Archived]]:
        """Every correct kernel of every rollout, by task, the fastest first."""
        return archive(self.header.tasks, self.recorded.evaluations.values(), self.recorded.history)

    def looked_at(self, task: TaskId) -> int:
        """How many kernels were found right without being timed."""
        verdicts = ((e.rollout.kernel, e.verdict) for e in self.recorded.evaluations.values() if e.task == task)
        return len({kernel for kernel, verdict in verdicts if isinstance(verdict, Static) and verdict.passed})

    def verification(self, task: TaskId) -> Verification | None:
        found = [v for v in self.recorded.facts(VERIFICATION, Verification) if v.task == task]
        return found[-1] if found else None


def begun(folder: Path) -> bool:
    """Is there a run in this folder, in whatever state?"""
    return (folder / journal.NAME).exists()


def read(folder: Path) -> Read:
    """Raises RunFolderError for what is no run."""
    reading = Reading(folder)
    reading.on()
    return reading.found


class Reading:
    """Reads a run on and on while it is made; what was read before is not read again.

    Raises RunFolderError for what is no run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.begun = 0  # how often it was read from its beginning: more than once when it became another run
        self._tail = journal.Tail(folder)

    def on(self) -> bool:
        """Whether there was anything new."""
        try:
            return self._on(self._tail.read())
        except RunFolderError:
            self._tail = journal.Tail(self.folder)  # nothing is known of a run that was read in halves
            raise

    def _on(self, fresh: journal.Fresh) -> bool:
        if fresh.anew:
            self.begun += 1
            self._reader = records.Reader(fresh.records)
            self._header = self._unpacked(self._reader)
            self._pool, self._folded = Pool(components_of(self._header)), 0
        elif not fresh.records:
            return False
        else:
            self._reader.take(fresh.records)
        for event in self._reader.history[self._folded :]:
            self._pool, self._folded = self._pool.apply(event), self._folded + 1
        return True

    @property
    def found(self) -> Read:
        return Read(self._header, self._reader.recorded, self._pool)

    def _unpacked(self, reader: records.Reader) -> Header:
        try:
            return codec.unpack(reader.settings, Header)
        except ValueError as error:
            text = f"the header of the run in {self.folder} does not fit: {error}; start a new run"
            raise RunFolderError(text) from error
