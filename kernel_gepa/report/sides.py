"""Several runs beside each other: what may be said of each, and of two verified ones, which is ahead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kernel_gepa.domain.events import Admitted
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.report.comparison import ahead_of, ratio
from kernel_gepa.report.html.story import Story
from kernel_gepa.report.markdown import used_up
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.report.words import BASELINES

Fact = tuple[str, str]


def facts(story: Story) -> Sequence[Fact]:
    """Labels and words, for one column of a comparison."""
    first = story.outcomes[0]
    several = len(story.outcomes) > 1
    found = (f"{o.task.id}: {story.headline(o)}" if several else story.headline(o) for o in story.outcomes)
    tried = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in _tried(story))
    return [
        ("found", " ".join(found)),
        ("against", ", ".join(dict.fromkeys(BASELINES[o.main_baseline] for o in story.outcomes))),
        ("proposers", first.proposers),
        ("proposals by verdict", tried or "none"),
        ("admitted", str(sum(isinstance(e, Admitted) for e in story.events[1:]))),
        ("spent", used_up(first).removeprefix("Spent: ")),
        ("ended", first.stopped),
        ("processor", first.machine.processor),
        ("toolchain", first.machine.toolchain),
    ]


def _tried(story: Story) -> Sequence[tuple[str, int]]:
    counted = sum((o.tried for o in story.outcomes[1:]), start=story.outcomes[0].tried)
    return counted.most_common()


def compared(stories: Sequence[tuple[str, Story]]) -> Iterator[str]:
    """For each task of the first run, sentences on every other one. What cannot be compared is said, and why."""
    (name, first), *others = stories
    for ours in first.outcomes:
        for other, story in others:
            theirs = next((o for o in story.outcomes if o.task.id == ours.task.id), None)
            ratio_of = _ratio(first, ours, story, theirs) if theirs else f"Not compared: {other} has no such task."
            words = ratio_of if isinstance(ratio_of, str) else ahead_of(ratio_of, f"run {name}", f"run {other}")
            yield f"{ours.task.id}, {name} against {other}: {words}"


def _ratio(first: Story, ours: Outcome, second: Story, theirs: Outcome) -> Estimate | str:
    """Of their verified speedups, or why there is none that would mean anything."""
    if (ours.task.reference, ours.task.kernel) != (theirs.task.reference, theirs.task.kernel):
        return "Not compared: they do not start from the same reference and kernel."
    if ours.machine != theirs.machine:
        return "Not compared: they were not measured on the same machine with the same toolchain and sandbox."
    if ours.main_baseline != theirs.main_baseline:
        return "Not compared: their speedups are not against the same baseline."
    one, two = _known(first, ours), _known(second, theirs)
    if one is None or two is None:
        return "Not compared: not both are verified."
    return ratio(one, two)


def _known(story: Story, outcome: Outcome) -> Estimate | None:
    """The verified speedup; of a run that was verified and found nothing, the start's. None: not verified."""
    if outcome.task.id not in story.verified or outcome.undecided is not None:
        return None
    found = outcome.winner.geomean(outcome.main_baseline) if outcome.winner else None
    return found or Estimate.exact(1.0)


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with a number behind those that several runs have."""
    return [f"{name} ({at})" if names.count(name) > 1 else name for at, name in enumerate(names, start=1)]
