"""`--control NAME`: another way of searching, through the same loop and with the same budget, beside a run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.errors import UsageError
from kernel_gepa.ports import Proposer
from kernel_gepa.proposers.controls import BestOfN, RandomKnobs, Sequential, latest, start_only

PickParent = Callable[[Pool, Random], int]

GREEDY, BEST_OF_N, RANDOM = "greedy", "best-of-n", "random"
_SEQUENTIAL = re.compile(r"sequential-(\d+)")
NAMES = (BEST_OF_N, "sequential-5", "sequential-10", GREEDY, RANDOM)


def check_control(name: str | None) -> None:
    """Raises UsageError for one that there is not."""
    if name is not None and name not in (GREEDY, BEST_OF_N, RANDOM) and not _SEQUENTIAL.fullmatch(name):
        raise UsageError(
            f"there is no control {name!r}; known are {', '.join(NAMES)}, and sequential-K with any number of repairs"
        )


def controlling(way: str, tasks: Sequence[Task], writer: Callable[[PickParent], Proposer]) -> tuple[Proposer, ...]:
    """Who proposes in a control but `greedy`, which is the search itself with another pick. `writer` makes the search's
    own first proposer, with the parent that it is to start from.
    """
    if way == RANDOM:
        return (RandomKnobs(tasks),)
    if way == BEST_OF_N:
        return (BestOfN(writer(start_only)),)
    repairs = _SEQUENTIAL.fullmatch(way)
    if repairs is None:
        raise UsageError(f"there is no way of searching called {way!r}")
    return (Sequential(writer(latest), int(repairs[1])),)
