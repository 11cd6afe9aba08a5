"""What the records of a run mean: a header, then facts when they were found and decisions when they were made.

{"kind": "header", "schema": 1, "settings": {...}}
{"kind": "evaluation", "key": ..., "verdict": {...}, ...}          a fact; the model's replies are facts too
{"kind": "step", "step": 7, "type": "Admitted", "evaluations": [keys], ...}    a decision; it names facts by key
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from kernel_gepa import codec
from kernel_gepa.domain.evaluation import Evaluation
from kernel_gepa.domain.events import Event, Passed
from kernel_gepa.errors import RunFolderError

T = TypeVar("T")

SCHEMA = 1
EVALUATION = "evaluation"
REPLY = "reply"
ASKED = "asked"
PAID = "paid"
NOTE = "note"

Record = Mapping[str, object]


def header(settings: Record) -> Record:
    """The first record of a run. `settings` are JSON values: whatever the caller needs to take the run up again."""
    return {"kind": "header", "schema": SCHEMA, "settings": settings}


def fact(kind: str, found: object) -> Record:
    """A fact of `kind` from any frozen record: `fact(EVALUATION, evaluation)`, `fact(REPLY, replied)`."""
    return {"kind": kind, **codec.pack(found)}


def decision(step: int, event: Event) -> Record:
    """Append it after the facts that it names."""
    packed = codec.pack_event(event if isinstance(event, Passed) else replace(event, evaluations=()))
    if not isinstance(event, Passed):
        packed["evaluations"] = [e.key for e in event.evaluations]
    return {"kind": "step", "step": step, **packed}


@dataclass(frozen=True)
class Recorded:
    """A run, read back. `born` says of each evaluation how many decisions had been written when it was."""

    settings: Record
    evaluations: Mapping[str, Evaluation]
    history: tuple[Event, ...]
    born: Mapping[str, int]
    others: Mapping[str, Sequence[Record]]  # by kind

    def bought(self, before: int) -> frozenset[str]:
        """The keys that the steps before this one have paid for. Later ones were bought by steps that never ended, or
        by a round that is taken again: no event carries their price yet.
        """
        return frozenset(key for key, decisions in self.born.items() if decisions < before)

    def facts(self, kind: str, of: type[T]) -> tuple[T, ...]:
        """The facts of another kind, in the order of writing."""
        return tuple(codec.unpack(packed, of) for packed in self.others.get(kind, ()))


def read_back(records: Sequence[Record]) -> Recorded:
    """Raises RunFolderError, with the record's number, for what this version cannot have written."""
    return Reader(records).recorded


class Reader:
    """Reads a run back, from its header on, in as many parts as the records come in.

    Raises RunFolderError, with the record's number, for what this version cannot have written.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.settings = _settings(records)
        self.history: list[Event] = []
        self._evaluations: dict[str, Evaluation] = {}
        self._born: dict[str, int] = {}
        self._others: dict[str, list[Record]] = {}
        self._read = 1
        self.take(records[1:])

    def take(self, records: Sequence[Record]) -> None:
        """The records that follow."""
        for record in records:
            self._read += 1
            content = {key: value for key, value in record.items() if key != "kind"}
            try:
                match record.get("kind"):
                    case "evaluation":
                        found = codec.unpack(content, Evaluation)
                        self._evaluations[found.key] = found
                        self._born.setdefault(found.key, len(self.history))
                    case "step":
                        self.history.append(_event(content, self._evaluations, expected=len(self.history)))
                    case kind:
                        self._others.setdefault(str(kind), []).append(content)
            except ValueError as error:
                raise RunFolderError(
                    f"record {self._read} of the run does not fit: {error}; start a new run"
                ) from error

    @property
    def recorded(self) -> Recorded:
        """What was read so far; it does not change when more is read."""
        others = {kind: tuple(found) for kind, found in self._others.items()}
        return Recorded(self.settings, dict(self._evaluations), tuple(self.history), dict(self._born), others)


def _settings(records: Sequence[Record]) -> Record:
    first: Record = records[0] if records else {}
    settings = first.get("settings")
    if first.get("kind") != "header" or not isinstance(settings, dict):
        raise RunFolderError("the run has no header, so nothing was started in this folder; start a new run")
    if first.get("schema") != SCHEMA:
        raise RunFolderError(
            f"the run was written in format {first.get('schema')}, and this version knows only {SCHEMA}; "
            "resume it with the version that wrote it"
        )
    return settings


def _event(content: dict[str, Any], evaluations: Mapping[str, Evaluation], *, expected: int) -> Event:
    step, named = content.pop("step", None), content.pop("evaluations", None)
    if step != expected:
        raise ValueError(f"step {step} where step {expected} belongs")
    if named is None:
        return codec.unpack_event(content)
    keys = codec.unpack(named, list[str])
    missing = [key for key in keys if key not in evaluations]
    if missing:
        raise ValueError(f"step {step} names evaluations that were never written: {', '.join(missing)}")
    event = codec.unpack_event({**content, "evaluations": []})
    return event if isinstance(event, Passed) else replace(event, evaluations=tuple(evaluations[key] for key in keys))
