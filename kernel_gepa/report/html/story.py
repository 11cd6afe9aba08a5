"""What the page tells of: a run as its journal has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.events import Event
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import TaskId
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.report.archive import Archived
from kernel_gepa.report.markdown import headline, not_verified
from kernel_gepa.report.outcome import Outcome

BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reflecting model was asked and what it said. Journals of older versions lack the prompt."""

    reply: str
    prompt: str | None = None


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
    replies: Sequence[Answer] = field(default=(), repr=False)

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
        return not_verified(found[0], outcome)

    def best(self, outcome: Outcome) -> Estimate | None:
        """The verified speedup, or else the best that was seen; None without a correct kernel."""
        known = outcome.winner.geomean(outcome.main_baseline) if outcome.winner else None
        if known is not None:
            return known
        kernels = self.archive.get(outcome.task.id, ())
        if outcome.task.id in self.verified:  # looked at again, and nothing is faster: what is left is the start
            kernels = [k for k in kernels if k.kernel == outcome.task.kernel]
        return next((k.speedup for k in kernels), None)


def answers(replies: Sequence[Answer]) -> Mapping[str, int]:
    """Which reply a text is from, by the text: the journal knows the prompts of replies by their hash only."""
    return {text: number for number, answer in enumerate(replies) for text in _texts(answer.reply)}


def _texts(reply: str) -> Iterator[str]:
    yield reply.strip()
    yield from (block.strip() for block in BLOCK.findall(reply))
