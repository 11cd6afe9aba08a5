"""A run as reports tell of it, from its journal alone: while it is made, when it ended, and long after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kernel_gepa.models.recorded import Replied
from kernel_gepa.recipes.files import replace_text
from kernel_gepa.recipes.reading import Read, read
from kernel_gepa.recipes.run import decided
from kernel_gepa.recipes.wish import Entry, described
from kernel_gepa.report.html.page import page
from kernel_gepa.report.html.sides import side, sides_page
from kernel_gepa.report.html.story import Answer, Story
from kernel_gepa.report.html.sweep import SweepStory, sweep_page
from kernel_gepa.report.outcome import Outcome, Winner
from kernel_gepa.store import journal
from kernel_gepa.store.records import REPLY

NAME = "report.html"
UNENDED = "not as far as its journal says; it goes on, or was stopped"


def story(found: Read, folder: Path) -> Story:
    outcomes = _with_control(found, folder)
    return Story(
        name=_name(found),
        outcomes=outcomes,
        components=found.pool.components,
        verified=frozenset(t.id for t in found.header.tasks if found.verification(t.id) is not None),
        archive=found.archive,
        replies=[Answer(replied.reply.text, replied.prompt) for replied in found.recorded.facts(REPLY, Replied)],
    )


def write_page(folder: Path, out: Path | None = None) -> Path:
    """`report.html` of the run in `folder`, there or at `out`. Raises RunFolderError for what is no run."""
    path = out or folder / NAME
    replace_text(path, page(story(read(folder), folder)))
    return path


def write_sides(stories: Mapping[str, Story], links: Sequence[str], out: Path) -> Path:
    """The page with these runs side by side, by their names; `links` lead from there to their own pages."""
    replace_text(out, sides_page([side(name, told) for name, told in stories.items()], links))
    return out


def write_sweep(told: SweepStory, folder: Path) -> Path:
    """The page about a sweep, in its folder."""
    replace_text(folder / NAME, sweep_page(told))
    return folder / NAME


def _name(found: Read) -> str:
    tasks = [task.id for task in found.header.tasks]
    return tasks[0] if len(tasks) == 1 else f"{len(tasks)} tasks: {', '.join(tasks[:3])}{'…' if len(tasks) > 3 else ''}"


def _with_control(found: Read, folder: Path) -> list[Outcome]:
    """Of each task, with what the control run in the run's own folder came to, if it was verified there."""
    ours = [_outcome(found, entry, folder) for entry in found.header.entries]
    beside = folder / f"control-{found.header.wish.control}"
    if found.header.wish.control is None or not (beside / journal.NAME).is_file():
        return ours
    control = read(beside)
    theirs = [_outcome(control, entry, beside) for entry in control.header.entries]
    known = [control.verification(o.task.id) is not None for o in theirs]
    return [replace(o, control=t if sure else None) for o, t, sure in zip(ours, theirs, known, strict=True)]


def _outcome(found: Read, entry: Entry, folder: Path) -> Outcome:
    wish, known = found.header.wish, found.verification(entry.task.id)
    measured = Winner(known.kernel, known.origin, known.verdict) if known else None
    winner, undecided = decided(measured, entry.against)
    return Outcome(
        run=folder,
        source=entry.source,
        task=entry.task,
        machine=found.header.machine,
        main_baseline=entry.against,
        proposers=described(wish),
        processes=wish.processes,
        events=found.recorded.history,
        spend=found.spend,
        stopped=wish.budget.exhausted(found.spend) or ("the journal does not say why" if known else UNENDED),
        winner=winner,
        undecided=undecided,
        unpriced_calls=sum(replied.reply.usd is None for replied in found.recorded.facts(REPLY, Replied)),
        beside=tuple(t.id for t in found.header.tasks if t.id != entry.task.id),
        way=wish.way,
    )
