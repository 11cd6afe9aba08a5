"""What the user asked for, and what is found out before a run begins."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from kernel_gepa.domain.budget import Budget
from kernel_gepa.domain.task import Task
from kernel_gepa.errors import UsageError
from kernel_gepa.report.outcome import Machine
from kernel_gepa.search.dominance import Dominance
from kernel_gepa.search.pareto import Prune, cover

LEAST_ROLLOUTS = 4  # the start, and three proposals: less is no search
LEAST_PROCESSES = 3  # fewer say nothing about the spread between processes
PRUNES: dict[str, Callable[[], Prune]] = {"cover": lambda: cover, "dominance": Dominance}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for. With the task it is the header of a run, and enough to take the run up again."""

    source: str
    reference: str | None = None
    backend: str = "cpu"
    sandbox: str = "auto"
    model: str | None = None
    api_base: str | None = None
    budget: Budget = Budget(rollouts=40)  # noqa: RUF009  frozen
    seed: int = 0
    threads: int = 1
    prune: str = "cover"
    processes: int = 7
    verdicts: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    wish: Wish
    task: Task
    kernel_path: str | None
    against: str
    sandbox: str
    machine: Machine
    bench: str


def check(wish: Wish) -> None:
    rollouts = wish.budget.rollouts
    if rollouts is not None and rollouts < LEAST_ROLLOUTS:
        raise UsageError(
            f"a budget of {rollouts} rollouts is too small: one judges the start, and a search needs at least three "
            f"proposals; use --max-rollouts {LEAST_ROLLOUTS} or more"
        )
    if wish.processes < LEAST_PROCESSES:
        raise UsageError(f"--processes {wish.processes} cannot tell a speedup from luck; use {LEAST_PROCESSES} or more")
    if wish.prune not in PRUNES:
        raise UsageError(f"there is no pruning rule {wish.prune!r}; known are: {', '.join(PRUNES)}")
    if not 1 <= wish.threads <= (os.cpu_count() or 1):
        raise UsageError(f"{wish.threads} threads cannot be measured on this machine; use 1 to {os.cpu_count()}")


def described(wish: Wish) -> str:
    if wish.model is None:
        return "tune and transform, without a language model"
    return f"reflect with {wish.model}, and tune"
