"""Whether somebody else is on our processor: a fixed piece of work that takes longer then.

Neighbours on the same core take units and caches from a kernel without taking its processor, so no account of the
system shows them. They slow dense code more than sparse code: one attention kernel was 9 times faster than its start on
a core of its own and 7 times beside a neighbour, for seconds at a time. So each round is timed between two pieces of
work that are always the same, and rounds in which they took longer than they can are left out. Whether a round counts
is decided by our own work, never by the kernel's.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from kernel_gepa.backends.cache import users_folder
from kernel_gepa.backends.cpu import processor

# Within a core's first cache, and small enough that no library splits it among threads.
EXTENT, PRODUCTS = 48, 40
# Alone it takes up to 7 % longer than the best, beside a neighbour 13 % and more: docs/decisions/0004-noise.md.
TOLERATED = 0.10
REMEMBERED = "canary.json"
# What was seen before counts so much less with every bench: a processor that shares its power with others is faster at
# one hour than at another, and by the record of a good hour it is disturbed all day.
FADING = 1.01


class Canary:
    """`best_s` is the shortest time ever seen for it on this kind of processor."""

    def __init__(self, best_s: float | None = None) -> None:
        self.best_s = best_s if best_s is not None else float("inf")
        self.lately_s = float("inf")  # by this process
        generator = np.random.default_rng(0)
        self._left, self._right = (generator.random((EXTENT, EXTENT), dtype=np.float32) for _ in range(2))
        self._out = np.empty((EXTENT, EXTENT), np.float32)
        self.disturbance()

    def disturbance(self) -> float:
        """How much longer the work takes than it can, on the processor that this thread runs on: 0.2 for 20 %."""
        took_s = min(self._work() for _ in range(2))  # the first one finds its code in no cache
        self.lately_s = min(self.lately_s, took_s)
        self.best_s = min(self.best_s, took_s)
        return took_s / self.best_s - 1

    def _work(self) -> float:
        began = time.thread_time()
        for _ in range(PRODUCTS):
            np.dot(self._left, self._right, out=self._out)
        return time.thread_time() - began


def remembered_in() -> Path:
    return users_folder() / REMEMBERED


@cache
def canary() -> Canary:
    """The one of this process, which knows what earlier ones have seen: a machine may be disturbed all day."""
    with suppress(OSError, ValueError, AttributeError):
        known = json.loads(remembered_in().read_text()).get(_kind())
        if isinstance(known, float) and known > 0:
            return Canary(known)
    return Canary()


def remember() -> None:
    """For the processes to come. What cannot be written is measured again."""
    path, best_s = remembered_in(), canary().lately_s
    known: dict[str, float] = {}
    with suppress(OSError, ValueError):
        known = dict(json.loads(path.read_text()))
    best_s = min(best_s, FADING * known.get(_kind(), float("inf")))
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({**known, _kind(): best_s}))
        fresh.replace(path)


def _kind() -> str:
    """Another library does the same work in another time."""
    return f"{processor()}; numpy {np.__version__}"
