"""The one seam of `kernel-gepa sweep`: a benchmark by its name, what was asked of it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from kernel_gepa.domain.timing import FALSE_ADMISSIONS
from kernel_gepa.recipes.plugins import plugin
from kernel_gepa.recipes.run import Stop
from kernel_gepa.recipes.wish import KERNELS, LEAST_PROCESSES

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for. A benchmark refuses with a UsageError what it has no use for, or does not look at it.

    `rollouts` None leaves the budget to the benchmark; `names` and `problems` choose, an empty one everything.
    """

    root: Path
    folder: Path
    names: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    problems: str = ""
    evolve: str = KERNELS
    model: str | None = None
    api_base: str | None = None
    device: str = "npu1"
    sandbox: str = "auto"
    rollouts: int | None = None
    seed: int = 0
    start: str | None = None  # what kernels start from, where it is not what the files bring
    width: int = 1
    false_admissions: float = FALSE_ADMISSIONS
    control: str | None = None
    processes: int = LEAST_PROCESSES
    also: tuple[str, ...] = ()
    jobs: int = 1
    shard: str = "1/1"
    batch: int | None = None
    self_test: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """The table at the end in words, the same for machines, and the exit code."""

    text: str
    record: Mapping[str, Any]
    code: int


@dataclass
class Watch:
    """Who looks on: `say` takes one line, `stop` is asked between two steps."""

    say: Say
    stop: Stop = field(default_factory=Stop)


class Sweeper(Protocol):
    """A benchmark that can be swept. Raises UsageError before anything is spent; goes on where a folder was left."""

    def sweep(self, order: Order, watch: Watch) -> Done: ...


def sweeper(name: str) -> Sweeper:
    """Raises UsageError, with what is installed, for a benchmark that there is not."""
    return cast("Sweeper", plugin("benchmarks", name))
