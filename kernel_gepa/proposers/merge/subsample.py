"""On which tasks a merge meets its parents: some where the one is better, some where the other, some where neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from kernel_gepa.domain.task import TaskId

SIZE = 5


def subsample(
    one: Mapping[TaskId, float], two: Mapping[TaskId, float], rng: Random, size: int = SIZE
) -> tuple[TaskId, ...]:
    """A third of `size`, rounded up, of each kind as long as there are so many; then what is left of any kind.

    With fewer than `size` tasks in common it is all of them, each once: a second run of the same would tell nothing.
    """
    common = sorted(one.keys() & two.keys())
    if len(common) <= size:
        return tuple(common)
    kinds = (
        [t for t in common if one[t] > two[t]],
        [t for t in common if one[t] < two[t]],
        [t for t in common if one[t] == two[t]],
    )
    share, chosen = -(-size // len(kinds)), list[TaskId]()
    for kind in kinds:
        chosen += _drawn(kind, min(share, size - len(chosen)), rng)
    left = [t for t in common if t not in chosen]
    return (*chosen, *_drawn(left, size - len(chosen), rng))


def _drawn(tasks: Sequence[TaskId], count: int, rng: Random) -> list[TaskId]:
    return rng.sample(tasks, min(count, len(tasks)))
