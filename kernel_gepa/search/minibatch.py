"""On which tasks parent and child meet: the feedback tasks, shuffled anew for every epoch, a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from kernel_gepa.domain.candidate import Component
from kernel_gepa.domain.task import Task

SIZE = 3  # b in the paper's experiments


def minibatch(
    tasks: Sequence[Task], component: Component | None = None, *, seed: int, turn: int, size: int = SIZE
) -> tuple[Task, ...]:
    """The `turn`-th minibatch of the component's tasks (GEPA, algorithm 1, line 9): decided by its arguments alone.

    An epoch shows every task at least once. Where the tasks do not divide evenly, the last minibatch is filled from
    the start of the same shuffle, so that no task is in it twice; with fewer tasks than `size` it is all of them.
    Pass `pool.turns` as the turn: only picks draw a minibatch, so a merge in between skips none.
    """
    scope = [t for t in tasks if component is None or component.covers(t.id)]
    if len(scope) <= size:
        return tuple(scope)
    epoch, place = divmod(turn, -(-len(scope) // size))
    shuffled = Random(f"{seed}:epoch {epoch}").sample(scope, len(scope))
    return tuple((shuffled + shuffled)[place * size : (place + 1) * size])
