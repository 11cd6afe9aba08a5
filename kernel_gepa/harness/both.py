"""The same work for both sides at once: what waits for memory, or for a worker, waits once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")

_ALLOWED = os.sched_getaffinity(0)  # before any thread of ours was bound to one processor


def both(work: Callable[[S], T], first: S, second: S) -> tuple[T, T]:
    """`work` of the second one is done in a thread that is bound to no processor, though this one may be.

    Returns or raises when both have ended; what the first one raised goes before what the second one did.
    """
    found: Future[T] = Future()

    def other() -> None:
        try:
            os.sched_setaffinity(0, _ALLOWED)  # of this thread alone
            found.set_result(work(second))
        except BaseException as error:  # noqa: BLE001  whoever asks for the result raises it
            found.set_exception(error)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        mine = work(first)
    finally:
        thread.join()
    return mine, found.result()
