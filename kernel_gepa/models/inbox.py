"""Whoever reads files as a model: a person, a chat window on another machine, an agent. No key and no network.

A question is `ID.request.json` with `ID.prompt.md` beside it, an answer is `ID.answer.md`. Every file appears whole,
none is ever removed, and the name of a question comes from its content: a run that is taken up again finds the answers
that came in the meantime, and a folder may be carried to another machine and back.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

from kernel_gepa.errors import UsageError
from kernel_gepa.models.options import DEFAULTS, ModelOptions
from kernel_gepa.models.recorded import question
from kernel_gepa.ports import Reply

FOLDER = "inbox"  # in the folder of a run
LOOK_S = 0.2
ID_CHARACTERS = 12

REQUEST, PROMPT, ANSWER = ".request.json", ".prompt.md", ".answer.md"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that waits for an answer."""

    id: str
    prompt: str
    sample: int


class Inbox:
    """Waits for the answer as long as it takes: somebody has to sleep. Calls may run in parallel."""

    def __init__(self, folder: Path, *, name: str = "inbox", sleep: Callable[[float], None] = time.sleep) -> None:
        self._folder = folder
        self._sleep = sleep
        self.name = name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        content = question(prompt, model=self.name, sample=sample)
        asked = Asked(f"{content.prompt[:ID_CHARACTERS]}-{sample:x}", prompt, sample)
        answer = self._folder / (asked.id + ANSWER)
        if not answer.exists():
            ask(self._folder, asked)
        while not answer.exists():
            self._sleep(LOOK_S)
        return Reply(answer.read_text(encoding="utf-8", errors="replace"))  # whoever put it there by other means


def ask(folder: Path, asked: Asked) -> None:
    """The prompt first: who sees the request finds all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / (asked.id + PROMPT), asked.prompt)
    request = {"id": asked.id, "sample": asked.sample, "prompt": asked.id + PROMPT, "answer": asked.id + ANSWER}
    _write(folder / (asked.id + REQUEST), json.dumps(request, indent=2) + "\n")


def waiting(folder: Path) -> tuple[Asked, ...]:
    """The questions without an answer, the oldest first."""
    requests = sorted(folder.glob("*" + REQUEST), key=lambda path: (path.stat().st_mtime_ns, path.name))
    ids = [path.name.removesuffix(REQUEST) for path in requests]
    return tuple(_read(folder, id_) for id_ in ids if not (folder / (id_ + ANSWER)).exists())


def tell(folder: Path, id_: str, text: str) -> None:
    """Hands in an answer. Raises UsageError for what nobody asked, what is answered already, and for nothing."""
    open_ones = [asked.id for asked in waiting(folder)]
    answer = folder / (id_ + ANSWER)
    if id_ not in open_ones:
        if id_ in {path.name.removesuffix(ANSWER) for path in folder.glob("*" + ANSWER)}:
            raise UsageError(f"question {id_} is answered already, in {answer}; nothing was changed")
        known = ", ".join(open_ones) or "none; wait for the next one with kernel-gepa ask --wait"
        raise UsageError(f"there is no question {id_!r}; open ones are: {known}")
    if not text.strip():
        raise UsageError(f"the answer to {id_} is empty; nothing was handed in")
    _write(answer, text)


def create(spec: str, options: ModelOptions = DEFAULTS) -> Inbox:
    """The model of `inbox:FOLDER`, or of `inbox:` for the folder `inbox` of the run."""
    if spec:
        return Inbox(Path(spec))
    if options.run is None:
        raise UsageError("inbox: belongs to a run, and there is none here; write inbox:FOLDER")
    return Inbox(options.run / FOLDER)


def _read(folder: Path, id_: str) -> Asked:
    try:
        request = json.loads((folder / (id_ + REQUEST)).read_text(encoding="utf-8"))
        return Asked(id_, (folder / (id_ + PROMPT)).read_text(encoding="utf-8"), int(request["sample"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"question {id_} in {folder} is damaged: {error}; remove its files to be asked again"
        ) from error


def _write(path: Path, text: str) -> None:
    """Whole or not there, also after a power cut."""
    handle, beside = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(beside).replace(path)
