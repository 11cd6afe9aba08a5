"""Which kernels are worth a second measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kernel_gepa.domain.events import Admitted, Declined, Event
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Correct

FINALISTS = 3


@dataclass(frozen=True, slots=True)
class Contender:
    kernel: str
    origin: str
    low: float
    value: float
    high: float


def contenders(events: Sequence[Event], task: Task) -> list[Contender]:
    """The correct kernels that the best one is not measurably better than, the most promising first."""
    found: dict[str, Contender] = {}
    for event in events[1:]:
        if isinstance(event, (Admitted, Declined)):
            for e in event.evaluations:
                if isinstance(e.verdict, Correct) and e.rollout.kernel != task.kernel:
                    s = e.verdict.speedup
                    found[e.rollout.kernel] = Contender(e.rollout.kernel, event.child.origin, s.low, s.value, s.high)
    bar = max((c.low for c in found.values()), default=0.0)
    near = sorted((c for c in found.values() if c.high >= bar), key=lambda c: -c.value)
    return near[:FINALISTS]
