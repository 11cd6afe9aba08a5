"""The processes and files of a job: found, signalled, moved, removed. Lies beside forkserver.py in a sandbox."""

from __future__ import annotations

import os
import signal
from contextlib import suppress


def below(pid: int) -> list[int]:
    """The living tree below a process."""
    found: list[int] = []
    pending = [pid]
    while pending:
        parent = pending.pop()
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{parent}/task"):  # noqa: PTH208
                with open(f"/proc/{parent}/task/{thread}/children") as file:  # noqa: PTH123
                    children = [int(word) for word in file.read().split()]
                found += children
                pending += children
    return found


def kill(pids: list[int], number: int = signal.SIGKILL) -> None:
    for pid in pids:
        with suppress(OSError):  # it has ended
            os.kill(pid, number)


def move(pids: list[int], processors: list[int]) -> None:
    """The first thread of each, and what it starts from now on: compilers have no other."""
    for pid in pids:
        with suppress(OSError):  # it has ended, or is another user's
            os.sched_setaffinity(pid, processors)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


def remove_all(folder: str) -> None:
    for where, folders, _ in os.walk(folder):
        for name in folders:
            with suppress(OSError):
                os.chmod(os.path.join(where, name), 0o700)  # noqa: PTH101, PTH118
    for where, folders, files in os.walk(folder, topdown=False):
        for name in files:
            with suppress(OSError):
                os.unlink(os.path.join(where, name))  # noqa: PTH108, PTH118
        for name in folders:
            path = os.path.join(where, name)  # noqa: PTH118
            with suppress(OSError):
                os.unlink(path) if os.path.islink(path) else os.rmdir(path)  # noqa: PTH106, PTH108, PTH114
