"""The page that shows several runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernel_gepa.report.html.assembled import Parts, assembled, asset, escaped
from kernel_gepa.report.html.packed import Packer, harmless, outline
from kernel_gepa.report.html.story import Story
from kernel_gepa.report.sides import compared, distinct, facts

LIMIT = 1000  # characters of a text; the page shows none

KEPT = ("n", "id", "kind", "spent", "origin", "parents")  # of a step; the rest is on the run's own page
JUDGED = ("task", "speedup", "points", "cells")  # and of an evaluation


@dataclass(frozen=True)
class Side:
    """One run: the name of its folder, its story, and what is packed of it."""

    name: str
    story: Story
    outline: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]


def side(name: str, story: Story) -> Side:
    """Of a run that is read once."""
    packer = Packer(LIMIT)
    packer.take(story)
    return Side(name, story, outline(story, story.pool()), packer.steps)


def sides_page(sides: Sequence[Side], links: Sequence[str]) -> str:
    return assembled(sides_parts(sides, links))


def sides_parts(sides: Sequence[Side], links: Sequence[str]) -> Parts:
    """`links` are the addresses of the runs' own pages, empty where there is none."""
    names = distinct([side.name for side in sides])
    said = [f"<p>{escaped(line)}</p>" for line in compared([(n, s.story) for n, s in zip(names, sides, strict=True)])]
    runs = [_run(side, name, link) for side, name, link in zip(sides, names, links, strict=True)]
    index = {"kind": "sides", "runs": runs, "steps": []}
    return Parts(f"{len(sides)} runs: {', '.join(names)}", "\n".join(said), asset("sides.html"), index)


def _run(side: Side, name: str, link: str) -> dict[str, Any]:
    told = {"label": name, "link": link, "facts": [list(fact) for fact in facts(side.story)]}
    kept = {key: side.outline[key] for key in ("tasks", "cells")}
    return {**harmless(told), **kept, "steps": [_step(step) for step in side.steps]}


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: step[key] for key in KEPT if key in step}
    return {**found, "evals": [{key: e[key] for key in JUDGED} for e in step.get("evals", ())]}
