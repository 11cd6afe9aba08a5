"""Texts by content, shared by all runs of a user: one SQLite file. What it cannot keep is simply not there."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

MOST_ENTRIES = 20_000
WAIT_S = 5.0  # for another process that is writing

SCHEMA = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, text TEXT NOT NULL, used REAL NOT NULL) WITHOUT ROWID"


class TextCache:
    """Calls may come from any thread and any process. The entries that were not used for longest go first."""

    def __init__(self, path: Path, *, most: int = MOST_ENTRIES) -> None:
        self._path = path
        self._most = most
        self._lock = Lock()

    def get(self, key: str) -> str | None:
        name = _name(key)
        try:
            with self._connected() as connection:
                row = connection.execute("SELECT text FROM kept WHERE key = ?", (name,)).fetchone()
                if row is not None:
                    connection.execute("UPDATE kept SET used = ? WHERE key = ?", (time.time(), name))
        except (sqlite3.Error, OSError):
            return None
        return str(row[0]) if row is not None else None

    def put(self, key: str, text: str) -> None:
        try:
            with self._connected() as connection:
                connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (_name(key), text, time.time()))
                count = connection.execute("SELECT COUNT(*) FROM kept").fetchone()[0]
                if count > self._most:
                    oldest = "SELECT key FROM kept ORDER BY used LIMIT ?"
                    connection.execute(f"DELETE FROM kept WHERE key IN ({oldest})", (count - self._most * 9 // 10,))
        except (sqlite3.Error, OSError):
            return

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """One transaction. A connection for each: SQLite's may not travel between threads."""
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(self._path, timeout=WAIT_S)
            try:
                with connection:
                    connection.execute(SCHEMA)
                    yield connection
            finally:
                connection.close()


def _name(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
