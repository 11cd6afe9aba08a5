from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_gepa.errors import RunFolderError
from kernel_gepa.ports import Store
from kernel_gepa.store.journal import NAME, Journal, read
from kernel_gepa.testing.memory import MemoryStore
from kernel_gepa.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestJournal(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        with Journal(tmp_path / "run") as journal:
            yield journal


def written(folder: Path, *kinds: str) -> bytes:
    with Journal(folder) as journal:
        for kind in kinds:
            journal.append({"kind": kind})
    return (folder / NAME).read_bytes()


def kinds(folder: Path) -> list[object]:
    return [record["kind"] for record in read(folder)]


def test_a_journal_outlives_the_process(tmp_path: Path) -> None:
    written(tmp_path, "a", "b")
    written(tmp_path, "c")
    assert kinds(tmp_path) == ["a", "b", "c"]


def test_a_torn_last_line_is_as_if_it_had_never_been_written_wherever_it_is_torn(tmp_path: Path) -> None:
    whole = written(tmp_path, "a", "second")
    first = whole.index(b"\n") + 1
    for length in range(first, len(whole)):
        (tmp_path / NAME).write_bytes(whole[:length])
        assert kinds(tmp_path) == ["a"]
        written(tmp_path, "next")
        assert kinds(tmp_path) == ["a", "next"]


@pytest.mark.parametrize("damage", [b"{]", b"[1]", b'{"kind":NaN}', b"", b"\xff"])
def test_a_damaged_line_in_the_middle_is_an_error_that_names_it(tmp_path: Path, damage: bytes) -> None:
    lines = written(tmp_path, "a", "b", "c").splitlines()
    (tmp_path / NAME).write_bytes(b"\n".join([lines[0], damage, lines[2]]) + b"\n")
    with pytest.raises(RunFolderError, match=r"journal\.jsonl, line 2, is damaged"):
        read(tmp_path)


def test_a_folder_without_a_journal_is_not_the_folder_of_a_run(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RunFolderError, match="is not the folder of a run"):
            read(folder)


def test_two_processes_cannot_write_the_same_run(tmp_path: Path) -> None:
    program = "import sys, pathlib, kernel_gepa.store.journal as j; j.Journal(pathlib.Path(sys.argv[1]))"
    with Journal(tmp_path) as journal:
        journal.append({"kind": "mine"})
        other = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert other.returncode != 0
        assert "another process is writing" in other.stderr
        with pytest.raises(RunFolderError):
            Journal(tmp_path)
        assert kinds(tmp_path) == ["mine"]  # looking is allowed
    written(tmp_path, "yours")
    assert kinds(tmp_path) == ["mine", "yours"]


def test_a_disk_that_refuses_leaves_the_journal_as_it_was(tmp_path: Path) -> None:
    """The limit on file sizes stands for a full disk; it lets the first part of the record through."""
    program = """
import resource, signal, sys
from pathlib import Path
from kernel_gepa.errors import InfrastructureError
from kernel_gepa.store.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Journal(Path(sys.argv[1])) as journal:
    journal.append({"kind": "a"})
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
    try:
        journal.append({"kind": "b", "text": "x" * 1000})
    except InfrastructureError as error:
        print(error)
    journal.append({"kind": "c"})
"""
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot write to" in done.stdout
    assert kinds(tmp_path) == ["a", "c"]


def test_every_line_is_plain_ascii_json(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append({"kind": "text", "kernel": "ünï\u2028\n"})
    line = (tmp_path / NAME).read_bytes()
    assert line.count(b"\n") == 1
    assert json.loads(line.decode("ascii"))["kernel"] == "ünï\u2028\n"
