"""All that there is to tell of a run, in one record."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.domain.budget import Spend
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.events import Admitted, Declined, Event
from kernel_gepa.domain.task import Language, Task
from kernel_gepa.domain.timing import Estimate, Measurement, correlated_mean
from kernel_gepa.domain.verdict import Correct, Verdict, name


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

    def against(self, baseline: str) -> tuple[Measurement, ...]:
        if not isinstance(self.verified, Correct):
            return ()
        return tuple(m for m in self.verified.measurements if m.baseline == baseline)

    def geomean(self, baseline: str) -> Estimate | None:
        found = self.against(baseline)
        return correlated_mean(m.speedup for m in found) if found else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`winner` is None when nothing beat the start, or the run ended before it could be verified."""

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

    @property
    def tried(self) -> Counter[str]:
        """The judged children by what came of them; the seed is not a try."""
        return Counter(name(e.verdict) for event in self.events[1:] for e in judged(event))

    @property
    def suffix(self) -> str:
        return ".cpp" if self.task.language is Language.CPP else ".py"


def judged(event: Event) -> tuple[Evaluation, ...]:
    return event.evaluations if isinstance(event, (Admitted, Declined)) else ()
