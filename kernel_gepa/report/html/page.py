"""The page about a run: what can be read without scripts, and everything that the scripts need, in one file."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from kernel_gepa.report.comparison import compared
from kernel_gepa.report.html.assembled import Parts, assembled, asset, escaped, put
from kernel_gepa.report.html.packed import packed
from kernel_gepa.report.html.story import Story
from kernel_gepa.report.line import COLUMNS, lines
from kernel_gepa.report.markdown import meant, measured, tally, used_up
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.report.readable import readable
from kernel_gepa.report.words import BASELINES, plural

MOST_BYTES = 5_000_000
LIMITS = (200_000, 20_000, 6_000, 2_000, 500)  # characters of one text, tried in turn until the page is small enough


def page(story: Story) -> str:
    """At most MOST_BYTES, unless even short texts are too many; what was shortened says so where it stands."""
    text = ""
    for limit in LIMITS:
        text = assembled(parts(story, limit))
        if len(text.encode()) <= MOST_BYTES:
            break
    return text


def parts(story: Story, limit: int = LIMITS[0]) -> Parts:
    """No text in it is longer than about `limit` characters."""
    index, looked = packed(story, limit)
    return Parts(story.name, "\n".join(head(story)), filled(steps(story, limit * 50)), index, looked)


def filled(lines: str) -> str:
    """The sections, with every step as text in the last one."""
    return put(asset("run.html"), {"PROBLEMS": asset("problems.html"), "STEPS": escape(lines)})


def steps(story: Story, limit: int) -> str:
    return readable("\n".join([COLUMNS, *lines(story.events, tasks=len(story.outcomes))]), limit)


def head(story: Story) -> Iterator[str]:
    """The headline with its interval, what was measured, on what and against what, and what the control found."""
    first = story.outcomes[0]
    many = len(story.outcomes) > 1
    for o in story.outcomes:
        whose = f"<b>{escaped(o.task.id)}</b>: " if many else ""
        yield f'<p class="headline">{whose}{escaped(story.headline(o))}</p>'
        if o.task.id in story.verified and (told := compared(o)):
            yield f"<p>{escaped(told)}</p>"
    if all(o.control is None for o in story.outcomes) and first.way == "evolution":
        yield "<p>Control: none was verified beside this run, so whether evolution paid is not known.</p>"
    yield f"<p>{escaped(tally(first) if not many else plural(len(story.outcomes), 'task'))}</p>"
    yield f"<p>Proposers: {escaped(first.proposers)}. {escaped(used_up(first))}</p>"
    yield f"<p>The search ended: {escaped(first.stopped)}.</p>"
    yield "<details><summary>What was measured, on what, against what</summary>"
    machine = first.machine
    isolation = "" if machine.isolates else ", which does not isolate"
    yield (
        f"<p>Processor: {escaped(machine.processor)}. Toolchain: {escaped(machine.toolchain)}. "
        f"Sandbox: {escaped(machine.sandbox)}{isolation}. Not measured on a GPU.</p>"
    )
    for o in story.outcomes:
        yield from _measured(o)
    yield "</details>"


def _measured(outcome: Outcome) -> Iterator[str]:
    task = outcome.task
    yield f"<h3>{escaped(task.id)}</h3><p>{escaped(task.statement)}</p><ul>"
    yield from (f"<li>{escaped(str(workload))}</li>" for workload in task.workloads)
    yield f"</ul><p>Speedups of the search are against {BASELINES[outcome.main_baseline]}.</p>"
    found = outcome.winner or outcome.undecided
    if found is not None:
        yield f"<p>{escaped(meant(found, outcome))}</p><pre>{escaped(chr(10).join(measured(found)))}</pre>"
