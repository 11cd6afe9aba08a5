"""A model that answers from a script: for tests, for demonstrations and for runs without a key.

`scripted:FILE` reads a JSON list of replies; `scripted:FOLDER` reads the `.md` files in it, 2.md before 10.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from kernel_gepa.errors import ModelError, UsageError
from kernel_gepa.models.options import DEFAULTS, ModelOptions
from kernel_gepa.ports import Reply

# What a script says: a text, a whole reply with its price, or a failure that is raised.
Line = str | Reply | ModelError


class Scripted:
    """Says its lines in order, or what a function makes of the prompt. `prompts` keeps what it was asked.

    Calls from several threads get one line each, in the order in which they arrive.
    """

    def __init__(self, lines: Sequence[Line] | Callable[[str], Line], *, name: str = "scripted") -> None:
        self._lines = lines
        self._lock = Lock()
        self._next = 0
        self.name = name
        self.prompts: list[str] = []

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:  # noqa: ARG002 - a script tells no samples apart
        with self._lock:
            self.prompts.append(prompt)
            line = self._lines(prompt) if callable(self._lines) else self._following(self._lines)
        if isinstance(line, ModelError):
            raise line
        reply = Reply(line) if isinstance(line, str) else line
        if not reply.text.strip() and not reply.truncated:
            raise ModelError(f"{self.name} answered with an empty text", retryable=True)
        return reply

    def skip(self, count: int) -> None:
        """Goes on after the first `count` lines: an earlier process of the run has heard them."""
        self._next += count

    def _following(self, lines: Sequence[Line]) -> Line:
        if self._next >= len(lines):
            raise ModelError(
                f"{self.name} ran out: it holds {len(lines)} replies and one more was asked for; add replies to it"
            )
        self._next += 1
        return lines[self._next - 1]


def create(spec: str, options: ModelOptions = DEFAULTS) -> Scripted:
    """The model of `scripted:SPEC`. Raises UsageError when there is no such script or it cannot be read."""
    path = Path(spec)
    if not spec or not path.exists():
        raise UsageError(f"there is no script {spec!r}; write scripted:FILE.json or scripted:FOLDER with .md replies")
    lines = _folder(path) if path.is_dir() else _json_list(path)
    model = Scripted(lines, name=f"scripted:{path.name}")
    model.skip(options.answered)
    return model


def _folder(path: Path) -> tuple[Line, ...]:
    files = sorted(path.glob("*.md"), key=_natural)
    if not files:
        raise UsageError(f"the script {path} holds no .md file; each one is a reply")
    return tuple(file.read_text(encoding="utf-8") for file in files)


def _natural(path: Path) -> tuple[tuple[int, str], ...]:
    parts = re.findall(r"(\d+)|(\D+)", path.name)
    return tuple((int(digits), "") if digits else (-1, letters) for digits, letters in parts)


def _json_list(path: Path) -> tuple[Line, ...]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # not JSON, or not UTF-8
        raise UsageError(f"the script {path} is not JSON: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"the script {path} is not a list of replies")
    return tuple(_line(entry, where=f"reply {number} of {path}") for number, entry in enumerate(entries, 1))


def _line(entry: object, *, where: str) -> Line:
    """A text, or the fields of a `Reply`."""
    if isinstance(entry, str):
        return entry
    if isinstance(entry, dict) and isinstance(entry.get("text"), str):
        try:
            return Reply(**entry)
        except TypeError as error:
            raise UsageError(f"{where}: {error}") from error
    raise UsageError(f"{where} is neither a text nor an object with a text")
