"""One row for each problem: of a run over several tasks, or of a sweep over a benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernel_gepa.domain.timing import Estimate
from kernel_gepa.report.html.story import Story
from kernel_gepa.report.words import BASELINES

CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class Problem:
    """What became of one problem. Only a `correct` one counts in fast_p; those that are not stay in its denominator.

    `speedups` are those of the best correct kernel, by the baseline as it is told ("eager PyTorch", "torch.compile");
    `columns` are further columns by their heads, told as they are; `link` is an address relative to the page.
    """

    id: str
    outcome: str
    speedups: Mapping[str, Estimate] = field(default_factory=dict)
    group: str = ""  # such as a level; the page can show one at a time
    headline: str = ""
    statement: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    link: str = ""


def problems(story: Story) -> Sequence[Problem]:
    """The tasks of a run; none of a run over one task, where the headline says it all."""
    return [_of(story, place) for place in range(len(story.outcomes))] if len(story.outcomes) > 1 else []


def _of(story: Story, place: int) -> Problem:
    outcome = story.outcomes[place]
    best = story.best(outcome)
    return Problem(
        id=outcome.task.id,
        outcome="no correct kernel" if best is None else CORRECT,
        speedups={} if best is None else {BASELINES[outcome.main_baseline]: best},
        headline=story.headline(outcome),
        statement=outcome.task.statement.partition("\n")[0],
    )


def row(problem: Problem) -> dict[str, Any]:
    """As the scripts of the page take it."""
    return {
        "id": problem.id,
        "outcome": problem.outcome,
        "speedups": [[against, [e.value, e.low, e.high]] for against, e in problem.speedups.items()],
        "group": problem.group,
        "headline": problem.headline,
        "statement": problem.statement,
        "columns": [list(pair) for pair in problem.columns.items()],
        "link": problem.link if _local(problem.link) else "",
    }


def _local(link: str) -> bool:
    """A path without a scheme: a name from a benchmark must not become an address of anywhere else, or a script."""
    return ":" not in link and not link.startswith(("/", "\\"))
