"""The page itself: what can be read without scripts, and everything that the scripts need, in one file."""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Any

from kernel_gepa.report.comparison import compared
from kernel_gepa.report.html.packed import packed
from kernel_gepa.report.html.story import Story
from kernel_gepa.report.line import COLUMNS, lines
from kernel_gepa.report.markdown import meant, measured, tally, used_up
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.report.readable import readable
from kernel_gepa.report.words import BASELINES, plural

MOST_BYTES = 5_000_000
LIMITS = (200_000, 20_000, 6_000, 2_000, 500)  # characters of one text, tried in turn until the page is small enough
LIBRARIES = ("d3.min.js", "plot.umd.min.js")
SCRIPTS = ("open.js", "diff.js", "matrix.js", "lineage.js", "charts.js", "detail.js", "start.js")

# No script but these, by their hashes, and nothing from anywhere: what gets past the escaping still does nothing.
POLICY = "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

ASSETS = files("kernel_gepa.report.html") / "assets"


def page(story: Story) -> str:
    """At most MOST_BYTES, unless even short texts are too many; what was shortened says so where it stands."""
    text = ""
    for limit in LIMITS:
        text = _page(story, limit)
        if len(text.encode()) <= MOST_BYTES:
            break
    return text


def _page(story: Story, limit: int) -> str:
    index, looked = packed(story, limit)
    libraries = [_asset(name) for name in LIBRARIES]
    own = '"use strict";\n(() => {\n' + "\n".join(map(_asset, SCRIPTS)) + "\n})();\n"
    scripts = [*libraries, own]
    allowed = " ".join(f"'sha256-{b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    shell = _asset("page.html")
    parts = {
        "TITLE": escape(readable(story.name)),
        "POLICY": POLICY.format(scripts=allowed),
        "STYLE": _asset("page.css"),
        "HEAD": "\n".join(_head(story)),
        "STEPS": escape(readable("\n".join([COLUMNS, *lines(story.events, tasks=len(story.outcomes))]), limit * 50)),
        "INDEX": _blob(index),
        "LOOKED": _blob(looked),
        "SCRIPTS": "\n".join(f"<script>{s}</script>" for s in scripts),
    }
    before, *rest = shell.split("{{")
    return before + "".join(parts[name] + after for name, _, after in (part.partition("}}") for part in rest))


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _blob(value: Any) -> str:
    return b64encode(zlib.compress(json.dumps(value, separators=(",", ":")).encode("ascii"), 9)).decode()


def _head(story: Story) -> Iterator[str]:
    """The headline with its interval, what was measured, on what and against what."""
    first = story.outcomes[0]
    many = len(story.outcomes) > 1
    for o in story.outcomes:
        whose = f"<b>{_html(o.task.id)}</b>: " if many else ""
        yield f'<p class="headline">{whose}{_html(story.headline(o))}</p>'
        if o.task.id in story.verified and (told := compared(o)):
            yield f"<p>{_html(told)}</p>"
    yield f"<p>{_html(tally(first) if not many else plural(len(story.outcomes), 'task'))}</p>"
    yield f"<p>Proposers: {_html(first.proposers)}. {_html(used_up(first))}</p>"
    yield f"<p>The search ended: {_html(first.stopped)}.</p>"
    yield "<details><summary>What was measured, on what, against what</summary>"
    machine = first.machine
    isolation = "" if machine.isolates else ", which does not isolate"
    yield (
        f"<p>Processor: {_html(machine.processor)}. Toolchain: {_html(machine.toolchain)}. "
        f"Sandbox: {_html(machine.sandbox)}{isolation}. Not measured on a GPU.</p>"
    )
    for o in story.outcomes:
        yield from _measured(o)
    yield "</details>"


def _measured(outcome: Outcome) -> Iterator[str]:
    task = outcome.task
    yield f"<h3>{_html(task.id)}</h3><p>{_html(task.statement)}</p><ul>"
    yield from (f"<li>{_html(str(workload))}</li>" for workload in task.workloads)
    yield f"</ul><p>Speedups of the search are against {BASELINES[outcome.main_baseline]}.</p>"
    found = outcome.winner or outcome.undecided
    if found is not None:
        yield f"<p>{_html(meant(found, outcome))}</p><pre>{_html(chr(10).join(measured(found)))}</pre>"


def _html(text: str) -> str:
    return escape(readable(text, LIMITS[1]))
