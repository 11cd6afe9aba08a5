"""The questions of a run that wait for whoever answers by hand: a person, or an agent in another shell."""

from __future__ import annotations

import time
from pathlib import Path

from kernel_gepa.errors import UsageError
from kernel_gepa.models import inbox
from kernel_gepa.models.inbox import Asked

LOOK_S = 0.2
RUNS = "runs"  # in the folder of a sweep


def waiting(run: Path, *, wait_s: float = 0.0) -> tuple[Asked, ...]:
    """The open questions, the oldest first; waits up to `wait_s` for the first one."""
    deadline = time.monotonic() + wait_s
    while True:
        found = inbox.waiting(folder_of(run))
        if found or time.monotonic() >= deadline:
            return found
        time.sleep(LOOK_S)


def tell(run: Path, question: str, text: str) -> int:
    """Hands in an answer, and says how many questions are still open."""
    inbox.tell(folder_of(run), question, text)
    return len(inbox.waiting(folder_of(run)))


def folder_of(run: Path) -> Path:
    """The inbox of a run; of a sweep, that of its latest run. A folder that is an inbox itself, carried to another
    machine, is taken as it is.
    """
    if not run.is_dir():
        raise UsageError(
            f"there is no folder {run}; start a run with: kernel-gepa optimize KERNEL --model inbox: --run {run}"
        )
    if swept := sorted((run / RUNS).glob(f"*/run/{inbox.FOLDER}"), key=lambda path: path.stat().st_mtime_ns):
        return swept[-1]
    return run if any(run.glob("*" + inbox.REQUEST)) else run / inbox.FOLDER
