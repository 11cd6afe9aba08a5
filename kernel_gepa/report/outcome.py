"""All that there is to tell of a run, in one record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.dialect import suffix
from kernel_gepa.domain.evaluation import Evaluation, Rollout
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.provenance import provenance
from kernel_gepa.domain.task import Language, Task, TaskId
from kernel_gepa.domain.timing import Estimate, Measurement, correlated_mean
from kernel_gepa.domain.verdict import Correct, Static, Verdict, name
from kernel_gepa.report.archive import Archived


@dataclass(frozen=True, slots=True)
class Machine:
    """What a figure is valid for."""

    processor: str
    toolchain: str
    threads: int
    sandbox: str
    isolates: bool


@dataclass(frozen=True, slots=True)
class Winner:
    """The fastest correct kernel of the run; `verified` is its second measurement in fresh processes."""

    kernel: str
    origin: str
    verified: Verdict

    @property
    def made_by(self) -> str:
        return provenance(self.verified.tags) if isinstance(self.verified, Correct) else provenance(())

    def against(self, baseline: str) -> tuple[Measurement, ...]:
        if not isinstance(self.verified, Correct):
            return ()
        return tuple(m for m in self.verified.measurements if m.baseline == baseline)

    @property
    def estimated(self) -> bool:
        """Whether its figures are estimates that nobody measured."""
        return isinstance(self.verified, Correct) and all(m.cycles is not None for m in self.verified.measurements)

    @property
    def inconclusive(self) -> bool:
        return isinstance(self.verified, Correct) and self.verified.inconclusive

    def geomean(self, baseline: str) -> Estimate | None:
        found = self.against(baseline)
        return correlated_mean(m.speedup for m in found) if found else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one task. `winner` is None when nothing beat the start, or the run ended before it could be verified.
    `undecided` is then the fastest kernel, if its verification was too noisy to say whether it did, and `unverified`
    the fastest of the search, if there is no verification.

    `events`, `spend` and `stopped` are those of the whole run, and `beside` are its other tasks; `run` is the folder
    for the files of this one.
    """

    run: Path
    source: str
    task: Task
    machine: Machine
    main_baseline: str  # of the headline: the user's own kernel, unless that is wrong or the reference itself
    proposers: str
    processes: int
    events: tuple[Event, ...]
    spend: Spend
    stopped: str
    winner: Winner | None
    unpriced_calls: int = 0
    undecided: Winner | None = None
    unverified: Archived | None = None
    beside: tuple[TaskId, ...] = ()
    way: str = "evolution"  # how it was searched
    control: Outcome | None = None  # another way of searching, with the same budget

    @property
    def tries(self) -> tuple[Evaluation, ...]:
        """What was judged for this task; the seed is not a try, and what was known before is none either."""
        return tuple(e for news in self._news for e in news)

    @property
    def tried(self) -> Counter[str]:
        """The tries by what came of them."""
        return Counter(name(e.verdict) for e in self.tries)

    @property
    def looked_at(self) -> tuple[tuple[str, Static], ...]:
        """The kernels that were only looked at, the start first, each with its origin: they were not timed."""
        found: dict[str, tuple[str, Static]] = {}
        for event in self.events:
            for e in judged(event):
                if isinstance(e.verdict, Static) and e.task == self.task.id and not isinstance(event, Passed):
                    found.setdefault(e.rollout.kernel, (event.child.origin, e.verdict))
        return tuple(found.values())

    @property
    def made(self) -> Counter[str]:
        """The correct ones among them by who made them: a library call is no kernel."""
        return Counter(provenance(e.verdict.tags) for e in self.tries if isinstance(e.verdict, Correct))

    @property
    def admitted(self) -> int:
        """The admitted candidates that brought something for this task."""
        return sum(isinstance(e, Admitted) and bool(n) for e, n in zip(self.events[1:], self._news, strict=True))

    @property
    def _news(self) -> list[tuple[Evaluation, ...]]:
        """For each event after the seed's, what it brought for this task."""
        return [tuple(e for e in found if e.task == self.task.id) for found in news(self.events)][1:]

    def suffix(self, kernel: str) -> str:
        """Of the file for this kernel of the task."""
        return suffix(kernel) if self.task.language is Language.CPP else ".py"


def news(events: Iterable[Event]) -> Iterator[tuple[Evaluation, ...]]:
    """For each event the evaluations of rollouts that no earlier one had: a change re-runs only what it can affect."""
    known = News()
    return (known.of(event) for event in events)


class News:
    """Tells the news of events that come one by one."""

    def __init__(self) -> None:
        self._seen: set[tuple[TaskId, Rollout]] = set()

    def of(self, event: Event) -> tuple[Evaluation, ...]:
        fresh = tuple(e for e in judged(event) if (e.task, e.rollout) not in self._seen)
        self._seen.update((e.task, e.rollout) for e in fresh)
        return fresh


def judged(event: Event) -> tuple[Evaluation, ...]:
    return event.evaluations if isinstance(event, (Admitted, Declined)) else ()
