"""What the page tells of: a run as its journal has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.events import Event
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Form, TaskId
from kernel_gepa.report.archive import Archived
from kernel_gepa.report.markdown import headline
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.report.words import BASELINES, claim

BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Story:
    """`outcomes` has one for each task, and at least one. `verified` are the tasks whose winner was measured again, or
    that had none to measure; `replies` are those of the reflecting model.
    """

    name: str
    outcomes: Sequence[Outcome]
    components: Sequence[Component]
    verified: frozenset[TaskId]
    archive: Mapping[TaskId, Sequence[Archived]]
    replies: Sequence[str] = field(default=(), repr=False)

    @property
    def events(self) -> Sequence[Event]:
        return self.outcomes[0].events

    def pool(self) -> Pool:
        pool = Pool(self.components)
        for event in self.events:
            pool = pool.apply(event)
        return pool

    def headline(self, outcome: Outcome) -> str:
        """As in every report; and before a verification, what it is worth."""
        if outcome.task.id in self.verified:
            return headline(outcome)
        found = [k for k in self.archive.get(outcome.task.id, ()) if k.kernel != outcome.task.kernel]
        if not found:
            return "Nothing but the start is known to be correct so far."
        best = found[0]
        if outcome.task.form is Form.AIE:
            return (
                f"Not judged again: {claim(best.speedup, estimated=True)} against "
                f"{BASELINES[outcome.main_baseline]}, by {best.origin}."
            )
        return (
            f"Not verified: {claim(best.speedup)} against {BASELINES[outcome.main_baseline]}, by {best.origin}, in the "
            "measurement by which it was chosen. Whoever is chosen for a large number is expected to have been lucky."
        )

    def best_speedups(self) -> Mapping[TaskId, float]:
        """By task the verified speedup, or else the best that was seen; a task without a correct kernel is missing."""
        return {o.task.id: value for o in self.outcomes if (value := self._best(o)) is not None}

    def _best(self, outcome: Outcome) -> float | None:
        known = outcome.winner.geomean(outcome.main_baseline) if outcome.winner else None
        if known is not None:
            return known.value
        if outcome.task.id in self.verified:  # looked at again, and nothing is faster: what is left is the start
            start = [k for k in self.archive.get(outcome.task.id, ()) if k.kernel == outcome.task.kernel]
            return start[0].speedup.value if start else None
        return next((k.speedup.value for k in self.archive.get(outcome.task.id, ())), None)


def answers(replies: Sequence[str]) -> Mapping[str, int]:
    """Which reply a text is from, by the text: the journal knows the prompts of replies by their hash only."""
    return {text: number for number, reply in enumerate(replies) for text in _texts(reply)}


def _texts(reply: str) -> Iterator[str]:
    yield reply.strip()
    yield from (block.strip() for block in BLOCK.findall(reply))
