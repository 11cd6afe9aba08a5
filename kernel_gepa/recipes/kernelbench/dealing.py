"""A sweep's budget, dealt in shares: each goes to the problem that is expected to gain the most by it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Protocol, TypeVar

from kernel_gepa.recipes.kernelbench.progress import Progress
from kernel_gepa.search.allocation import Standing, next_problem

SHARE = 3  # rollouts; the first one has the start beside them
LEAST = 1 + SHARE  # of a problem's first share

T = TypeVar("T")


class Advance(Protocol):
    """A share more for this problem, until it has `cap` rollouts in all: where it stands then."""

    def __call__(self, key: str, cap: int) -> Progress: ...


def dealt(
    pool: dict[str, Progress],
    budget: int,
    advance: Advance,
    *,
    jobs: int = 1,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Deals `budget` rollouts, less those that were spent before, and keeps `pool` up to date.

    Ends when everything is dealt, when nobody has anything to gain, or when it is stopped. Shares of different
    problems are worked off side by side, `jobs` at most. Raises what a share raised, once the others have ended.
    """
    underway: dict[str, int] = {}
    ended: SimpleQueue[tuple[str, Progress | Exception]] = SimpleQueue()
    failure: Exception | None = None
    while True:
        while failure is None and not stopped() and len(underway) < jobs:
            following = _next(pool, underway, budget)
            if following is None:
                break
            key, cap = following
            underway[key] = cap - pool[key].standing.rollouts
            _start(partial(advance, cap=cap), key, ended, beside=jobs > 1)
        if not underway:
            break
        key, found = ended.get()
        del underway[key]
        if isinstance(found, Exception):
            failure = failure or found
        else:
            pool[key] = found
            on_progress(found)
    if failure is not None:
        raise failure


def side_by_side(keys: Sequence[str], work: Callable[[str], T], jobs: int) -> Iterator[T]:
    """What `work` makes of each key, as they come; raises what it raised."""
    waiting, underway = list(keys), 0
    ended: SimpleQueue[tuple[str, T | Exception]] = SimpleQueue()
    while waiting or underway:
        while waiting and underway < jobs:
            _start(work, waiting.pop(0), ended, beside=jobs > 1)
            underway += 1
        _, found = ended.get()
        underway -= 1
        if isinstance(found, Exception):
            raise found
        yield found


def share_of(standing: Standing, left: int) -> int:
    """How many rollouts a problem's next share has."""
    return min(left, SHARE if standing.rollouts else LEAST)


def _next(pool: dict[str, Progress], underway: dict[str, int], budget: int) -> tuple[str, int] | None:
    left = budget - sum(p.standing.rollouts for p in pool.values()) - sum(underway.values())
    free: Sequence[Standing] = [p.standing for key, p in pool.items() if key not in underway]
    chosen = next_problem(free) if left > 0 else None
    return (chosen.key, chosen.rollouts + share_of(chosen, left)) if chosen else None


def _start(work: Callable[[str], T], key: str, ended: SimpleQueue[tuple[str, T | Exception]], *, beside: bool) -> None:
    def worked() -> None:
        try:
            ended.put((key, work(key)))
        except Exception as error:  # noqa: BLE001  raised by whoever deals
            ended.put((key, error))

    if beside:
        # A daemon: who stops a sweep twice is not made to wait for an answer in somebody's inbox.
        threading.Thread(target=worked, daemon=True, name=key).start()
    else:
        worked()
