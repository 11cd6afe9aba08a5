"""Builds beside a measurement: on other processors where there are enough of them, else stopped until it is over.

A build never waits for the device: it goes on while kernels are checked, workers are started and verdicts are written,
which is most of the time. Only while rounds are timed does it keep off the processor that they are timed on, whichever
process of this user's measures. Why, and what it is worth: docs/decisions/0014-builds-beside-timing.md.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, TextIO

from kernel_gepa.harness.lease import lock_file
from kernel_gepa.ports import Exit

TIMED = "timed"
LOOK_S = 0.005  # a measurement fills its rings for longer than this before its first round
HELD_LOOK_S = 0.02
FEW = 2  # of so many processors none is far enough from the timed one: docs/decisions/0004-noise.md
SIBLINGS = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"


class Movable(Protocol):
    """A job that can be stopped, and moved to other processors."""

    def wait(self, timeout_s: float) -> Exit | None: ...

    def tell(self, **request: object) -> None: ...


@contextmanager
def undisturbed(processors: set[int]) -> Iterator[None]:
    """While kernels are timed on these: builds of all processes keep off."""
    with lock_file(TIMED).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(",".join(map(str, sorted(processors))))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def turn() -> None:
    """Returns when a build may be started."""
    with lock_file(TIMED).open("a+") as file:
        while (timed := _timed(file)) is not None and not spared(timed, os.sched_getaffinity(0)):
            time.sleep(HELD_LOOK_S)


def wait(job: Movable, timeout_s: float) -> Exit | None:
    """`job.wait`, but that the job keeps off what is timed. How long it stood still does not count."""
    ours = os.sched_getaffinity(0)
    left_s, where = timeout_s, ours
    with lock_file(TIMED).open("a+") as file:
        while True:
            timed = _timed(file)
            free = ours if timed is None else spared(timed, ours)
            if free != where:
                where = free
                _move(job, free)
            began = time.monotonic()
            ended = job.wait(min(LOOK_S, max(0.0, left_s)) if free else HELD_LOOK_S)
            left_s -= time.monotonic() - began if free else 0.0
            if ended is not None or left_s <= 0:
                return ended


def _move(job: Movable, free: set[int]) -> None:
    if not free:
        job.tell(do="pause")
        return
    job.tell(do="processors", processors=sorted(free))
    job.tell(do="resume")


def spared(timed: set[int], ours: set[int]) -> set[int]:
    """Processors on which a build disturbs nobody who is timed on those: none that shares a core with one of them."""
    if len(ours) <= FEW or not timed:
        return set()
    return ours.difference(timed, *(siblings(processor) for processor in timed))


def siblings(processor: int) -> set[int]:
    """Those that share a core with it, as far as the system tells."""
    found: set[int] = set()
    with suppress(OSError, ValueError):
        for part in Path(SIBLINGS.format(processor)).read_text().strip().split(","):
            first, _, last = part.partition("-")
            found |= set(range(int(first), int(last or first) + 1))
    return found


def _timed(file: TextIO) -> set[int] | None:
    """The processors on which somebody times now; None when nobody does. Empty: on all of them, or on one not known."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(ValueError):
            return {int(word) for word in os.pread(file.fileno(), 4096, 0).decode().split(",") if word}
        return set()
    fcntl.flock(file, fcntl.LOCK_UN)
    return None
