"""A store that forgets when the process ends."""

from __future__ import annotations

from collections.abc import Mapping

from kernel_gepa import codec


class MemoryStore:
    """Keeps each record as the line a journal would write, so that what JSON cannot hold fails here too."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def append(self, record: Mapping[str, object]) -> None:
        self._lines.append(codec.line(record))

    def records(self) -> tuple[Mapping[str, object], ...]:
        return tuple(codec.parsed(line) for line in self._lines)
