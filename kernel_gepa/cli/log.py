"""Progress, on stderr: lines for people, with a live header where there is a terminal, or `--log-format json`.

As JSON, every line on stderr is one object with `time` (ISO 8601, UTC) and `event`: `step` with what a step tried and
what came of it, `standing` with what was spent, and `note` with a `text` for everything else that is said, errors too.
Keys are added, never renamed.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from kernel_gepa.discreet import plain
from kernel_gepa.errors import UsageError

if TYPE_CHECKING:
    from rich.status import Status

    from kernel_gepa.domain.budget import Spend
    from kernel_gepa.domain.events import Event
    from kernel_gepa.report.outcome import News

FORMATS = TEXT, JSON = "text", "json"


class Log(Protocol):
    """Where a command says how it gets on. Nothing is raised but what the stream raises."""

    def text(self, text: str) -> None: ...

    def step(self, number: int, event: Event, news: News, *, tasks: int) -> None: ...

    def standing(self, text: str, spent: Spend) -> None: ...


class Lines:
    """One line for each; what stands is shown below them while there is a terminal, and nowhere else."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
        self._status: Status | None = None

    def text(self, text: str) -> None:
        self._console.print(text, markup=False)

    def step(self, number: int, event: Event, news: News, *, tasks: int) -> None:
        from kernel_gepa.report.line import line

        self.text(line(number, event, news, tasks=tasks))

    def standing(self, text: str, spent: Spend) -> None:  # noqa: ARG002  the words have it
        if self._status is not None:
            self._status.update(text)

    @contextmanager
    def live(self, text: str) -> Iterator[None]:
        with self._console.status(text) as self._status:
            yield
        self._status = None


class Objects:
    """One JSON object for each."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def text(self, text: str) -> None:
        self._stream.note(text)

    def step(self, number: int, event: Event, news: News, *, tasks: int) -> None:  # noqa: ARG002  every task has a name
        from kernel_gepa.report.line import facts

        self._stream.event("step", facts(number, event, news))

    def standing(self, text: str, spent: Spend) -> None:
        from dataclasses import asdict

        self._stream.event("standing", {"text": text, "spent": asdict(spent)})

    @contextmanager
    def live(self, text: str) -> Iterator[None]:
        self.text(text)
        yield


class Stream(io.TextIOBase):
    """In place of stderr: each line that anybody writes there becomes a note."""

    def __init__(self, under: TextIO) -> None:
        self._under = under
        self._part = ""
        self._writing = Lock()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a stream's may be None, ours is not
        return self._under.encoding

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        """Nobody shall draw here."""
        return False

    def write(self, text: str) -> int:
        with self._writing:
            *lines, self._part = (self._part + text).split("\n")
        for line in lines:
            if line.strip():
                self.note(line)
        return len(text)

    def flush(self) -> None:
        self._under.flush()

    def note(self, text: str) -> None:
        level = "error" if text.startswith("error:") else "info"
        self.event("note", {"level": level, "text": plain(text)})

    def event(self, name: str, facts: dict[str, Any]) -> None:
        told = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": name, **facts}
        with self._writing:
            self._under.write(json.dumps(told) + "\n")
            self._under.flush()


def use(form: str | None) -> str | None:
    """From here on stderr has this form. For `callback=` of an option; None leaves it as it is."""
    if form is not None and form not in FORMATS:
        raise UsageError(f"there is no --log-format {form!r}; known are: {', '.join(FORMATS)}")
    if form == JSON and not isinstance(sys.stderr, Stream):
        sys.stderr = Stream(sys.stderr)
    return form


def log() -> Lines | Objects:
    """As `use` has decided."""
    return Objects(sys.stderr) if isinstance(sys.stderr, Stream) else Lines()
