"""One run's journal: `journal.jsonl` in its folder, one record per line, whole or not there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import NamedTuple

from kernel_gepa import codec
from kernel_gepa.errors import InfrastructureError, RunFolderError

NAME = "journal.jsonl"


class Journal:
    """A `Store` in a folder, which it makes if need be. Holds the folder's lock until it is closed.

    Raises RunFolderError when another process is writing to the same run, InfrastructureError when the disk refuses.
    A last line that a crash left without its end is cut off on opening.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._appending = Lock()  # models and benches write from threads of their own
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            _lock(self._file, self.path)
            self._end = len(_whole_lines(self.path.read_bytes()))
            os.ftruncate(self._file, self._end)
            _sync_folder(folder)
        except BaseException:
            os.close(self._file)
            raise

    def append(self, record: Mapping[str, object]) -> None:
        """Durable when it returns; when it raises, the journal is as it was before."""
        line = codec.line(record).encode("ascii") + b"\n"
        with self._appending:
            self._append(line)

    def _append(self, line: bytes) -> None:
        try:
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise InfrastructureError(f"cannot write to {self.path}: {error}; make room and resume the run") from error
        self._end += len(line)

    def records(self) -> tuple[Mapping[str, object], ...]:
        return tuple(_parsed(self.path.read_bytes(), self.path))

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read(folder: Path) -> tuple[Mapping[str, object], ...]:
    """The records of a run, also while somebody else is writing it."""
    path = folder / NAME
    try:
        return tuple(_parsed(path.read_bytes(), path))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _no_run(folder) from error


class Fresh(NamedTuple):
    """The records since the last look; `anew` says that they are all, of a journal that was not seen before."""

    records: tuple[Mapping[str, object], ...]
    anew: bool


class Tail:
    """Reads a journal on while somebody else is writing it, each line once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._first = b""
        self._end = self._lines = 0

    def read(self) -> Fresh:
        """Raises RunFolderError for what is no run, and for a damaged line."""
        try:
            with (self._folder / NAME).open("rb") as file:
                anew = not self._first or file.read(len(self._first)) != self._first
                start = 0 if anew else self._end
                if not anew and file.seek(0, os.SEEK_END) < start:
                    anew, start = True, 0
                file.seek(start)
                content = _whole_lines(file.read())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _no_run(self._folder) from error
        if anew:
            self._first, self._lines = content[: content.find(b"\n") + 1], 0
        found = tuple(_parsed(content, self._folder / NAME, before=self._lines))
        self._end, self._lines = start + len(content), self._lines + len(found)
        return Fresh(found, anew)


def _no_run(folder: Path) -> RunFolderError:
    return RunFolderError(f"{folder} is not the folder of a run: it has no {NAME}")


def _parsed(content: bytes, path: Path, *, before: int = 0) -> Iterator[Mapping[str, object]]:
    for number, line in enumerate(_whole_lines(content).splitlines(), start=before + 1):
        try:
            yield codec.parsed(line.decode("ascii"))
        except ValueError as error:
            raise RunFolderError(
                f"{path}, line {number}, is damaged: {error}; take the folder from a backup, or keep only the lines "
                "before it and resume from there"
            ) from error


def _whole_lines(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RunFolderError(f"another process is writing to {path}; wait for it, or choose another folder") from error


def _sync_folder(folder: Path) -> None:
    """Without this a crash may lose the new file's name, and with it every record that was synced."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
