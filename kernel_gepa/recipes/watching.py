"""Runs that somebody looks at while they are made: the pages of one, and of several side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from kernel_gepa.recipes.reading import Reading
from kernel_gepa.recipes.telling import story
from kernel_gepa.report.html.assembled import Parts, assembled
from kernel_gepa.report.html.packed import Packer, outline
from kernel_gepa.report.html.page import LIMITS, filled, head, steps
from kernel_gepa.report.html.sides import Side, sides_parts
from kernel_gepa.store import journal

VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.[0-9]{1,9}\.[0-9]{1,15}")  # begun, steps, facts, bytes of a control


class Watched:
    """The page of a run that may still be going on. Asked from several threads, it answers one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reading = Reading(folder)
        self._asked = Lock()
        self._begun, self._beside = 0, -1
        self._page: str | None = None
        with self._asked:
            self._look()

    def page(self) -> str:
        """The first picture, which then asks for `state`, and for texts with `looked`."""
        with self._asked:
            self._look()
            if self._page is None:
                shown = Parts(self.story.name, self._head, filled(self._steps), self._index(0))
                self._page = assembled(shown, live=self._version)
            return self._page

    def state(self, seen: str) -> Mapping[str, Any] | None:
        """What is new since the version `seen`: the steps that it has not, and all that a step may change. None when
        there is nothing.
        """
        with self._asked:
            self._look()
            if seen == self._version:
                return None
            known = self._known(seen)
            return {
                "version": self._version,
                "after": known,
                "head": self._head,
                "lines": self._steps,
                "index": self._index(known),
            }

    def looked(self, begun: str, texts: int, samples: int) -> Mapping[str, Any] | None:
        """The texts and samples after so many, which the page has; None when they are of a run that was here before."""
        with self._asked:
            if begun != str(self._begun):
                return None
            known = self._packer.looked
            return {"texts": known.texts[texts:], "samples": known.samples[samples:]}

    def side(self) -> Side:
        """For a comparison, as of now."""
        with self._asked:
            self._look()
            return Side(self.folder.name, self.story, outline(self.story, self._pool), tuple(self._packer.steps))

    @property
    def version(self) -> str:
        with self._asked:
            self._look()
            return self._version

    def _look(self) -> None:
        beside = self._control_size()
        if not self._reading.on() and beside == self._beside:
            return
        self._beside, self._page = beside, None
        if self._reading.begun != self._begun:
            self._begun, self._packer = self._reading.begun, Packer(LIMITS[0])
        found = self._reading.found
        self.story, self._pool = story(found, self.folder), found.pool
        self._packer.take(self.story)
        self._head = "\n".join(head(self.story))
        self._steps = steps(self.story, LIMITS[0] * 50)
        records = found.recorded
        facts = sum(map(len, records.others.values())) + len(records.evaluations)
        self._version = f"{self._begun}.{len(records.history)}.{facts}.{beside}"

    def _control_size(self) -> int:
        """A control that runs beside it changes what may be said, and not this run's own journal."""
        return sum(path.stat().st_size for path in self.folder.glob(f"control-*/{journal.NAME}"))

    def _known(self, seen: str) -> int:
        """How many of the steps who saw that version has; none for what no version was."""
        found = VERSION.fullmatch(seen)
        if found is None or int(found[1]) != self._begun or int(found[2]) > len(self._packer.steps):
            return 0
        return int(found[2])

    def _index(self, after: int) -> Mapping[str, Any]:
        return {**outline(self.story, self._pool), "steps": self._packer.steps[after:]}


class Beside:
    """Several runs on one page. `links` are the addresses of their own pages, relative to this one."""

    def __init__(self, runs: Sequence[Watched], links: Sequence[str]) -> None:
        self._runs = runs
        self._links = links

    def page(self) -> str:
        version = self._version()
        return assembled(self._parts(), live=version)

    def state(self, seen: str) -> Mapping[str, Any] | None:
        """As of one run, but whole: it has no texts."""
        version = self._version()
        if seen == version:
            return None
        parts = self._parts()
        return {"version": version, "after": 0, "head": parts.head, "lines": "", "index": parts.index}

    def _version(self) -> str:
        return "/".join(run.version for run in self._runs)

    def _parts(self) -> Parts:
        return sides_parts([run.side() for run in self._runs], self._links)
