"""What the user asked for, and what is found out before a run begins."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf

from kernel_gepa.domain.budget import WORDS, Budget
from kernel_gepa.domain.task import Task, TaskId
from kernel_gepa.domain.timing import BASELINES, FALSE_ADMISSIONS
from kernel_gepa.errors import UsageError
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.recipes.access import Access, shown
from kernel_gepa.recipes.controls import check_control
from kernel_gepa.report.outcome import Machine
from kernel_gepa.search.dominance import Dominance
from kernel_gepa.search.pareto import Prune, cover

LEAST_PROPOSALS = 3  # less is no search
LEAST_PROCESSES = 3  # fewer say nothing about the spread between processes
MOST_WIDTH = 64
EVOLUTION = "evolution"
SCREENS = {"strict": True, "report": False}
SERVED = "mcp:"  # in place of a model: an agent proposes, through the tools of `kernel-gepa serve`
PRUNES: dict[str, Callable[[], Prune]] = {"cover": lambda: cover, "dominance": Dominance}
INDUCTOR = "inductor"  # a start that TorchInductor generates for the reference
KERNELS, PROMPTS, BOTH = USES = ("kernels", "prompts", "both")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for. With the tasks it is the header of a run, and enough to take the run up again."""

    sources: tuple[str, ...]
    reference: str | None = None
    backend: str = "cpu"
    sandbox: str = "auto"
    screen: str = "strict"
    model: str | None = None
    api_base: str | None = None
    budget: Budget = Budget(rollouts=40)  # noqa: RUF009  frozen
    seed: int = 0
    start: str | None = None  # what kernels start from, where it is not what the files bring: INDUCTOR
    threads: int = 1
    prune: str = "cover"
    width: int = 1
    false_admissions: float = FALSE_ADMISSIONS
    control: str | None = None  # what is run beside it
    way: str = EVOLUTION  # how it searches itself; a control is another way
    processes: int = 7
    also: tuple[str, ...] = ()  # baselines that the winner is measured against beside the usual ones
    verdicts: str | None = None
    evolve: str = KERNELS
    prompts: str | None = None
    task: str | None = None  # of an AIE kernel: the row of NPUEval that defines what is right
    device: str = "npu1"  # that AIE kernels are judged for
    access: Access = Access()  # noqa: RUF009  frozen
    stop_at_bound: bool = True  # when the best kernel is as fast as the machine is thought to allow
    force: bool = False

    @property
    def strict(self) -> bool:
        return is_strict(self.screen)


@dataclass(frozen=True, slots=True)
class Entry:
    """One task of a run: where it came from, which file holds its kernel, and what it is measured against."""

    task: Task
    source: str
    kernel_path: str | None
    against: str


@dataclass(frozen=True, slots=True)
class Header:
    """`prompts` are the texts that modules start from instead of those that are shipped. `tariffs` are the prices that
    the run reckons with, whatever a list says later.
    """

    wish: Wish
    entries: tuple[Entry, ...]
    sandbox: str
    machine: Machine
    bench: str
    prompts: Mapping[str, str] = field(default_factory=dict)
    tariffs: Mapping[str, Tariff] = field(default_factory=dict)

    @property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(entry.task for entry in self.entries)

    def entry(self, task: TaskId) -> Entry:
        return next(entry for entry in self.entries if entry.task.id == task)


def is_strict(screen: str) -> bool:
    """What --screen asks for."""
    if screen not in SCREENS:
        raise UsageError(f"there is no screen {screen!r}; known are: {', '.join(SCREENS)}")
    return SCREENS[screen]


def check(wish: Wish) -> None:
    if wish.access.parts and wish.model is None:
        raise UsageError("some parts have a model and the others none; name the model for all with --model")
    is_strict(wish.screen)
    if wish.start not in (None, INDUCTOR):
        raise UsageError(f"--seed {wish.start} is no number and no start; write a number, or {INDUCTOR}, or both")
    if wish.start is not None and wish.evolve == PROMPTS:
        raise UsageError(f"--seed {wish.start} is a kernel to start from, and --evolve prompts evolves none")
    if wish.start is not None and wish.backend != "cpu":
        raise UsageError(f"--seed {wish.start} makes kernels for a CPU; leave out --backend {wish.backend}")
    _check_budget(wish)
    if wish.processes < LEAST_PROCESSES:
        raise UsageError(f"--processes {wish.processes} cannot tell a speedup from luck; use {LEAST_PROCESSES} or more")
    _check_baselines(wish)
    if wish.prune not in PRUNES:
        raise UsageError(f"there is no pruning rule {wish.prune!r}; known are: {', '.join(PRUNES)}")
    check_control(wish.control)
    if not 1 <= wish.width <= MOST_WIDTH:
        raise UsageError(f"--width {wish.width} cannot be; a round has 1 to {MOST_WIDTH} steps")
    if not 0 < wish.false_admissions < 0.5:
        raise UsageError(f"--false-admissions {wish.false_admissions:g} is no rate; use one between 0 and 0.5")
    if not 1 <= wish.threads <= (os.cpu_count() or 1):
        raise UsageError(f"{wish.threads} threads cannot be measured on this machine; use 1 to {os.cpu_count()}")
    if wish.reference is not None and len(wish.sources) > 1:
        raise UsageError("--reference belongs to one kernel file; give the others as files that name their own kernel")
    if wish.evolve not in USES:
        raise UsageError(f"--evolve {wish.evolve!r} is not known; it may be: {', '.join(USES)}")
    if wish.evolve != KERNELS and wish.model is None and wish.verdicts is None:
        raise UsageError(f"--evolve {wish.evolve} evolves the prompts of a language model; name it with --model")
    if wish.prompts is not None and wish.evolve == KERNELS:
        raise UsageError("--prompts are texts of modules, and --evolve kernels uses none; add --evolve prompts or both")


def _check_baselines(wish: Wish) -> None:
    if unknown := [b for b in wish.also if b not in BASELINES]:
        raise UsageError(f"there is no baseline {unknown[0]!r}; known are: {', '.join(BASELINES)}")
    if wish.also and wish.backend != "cpu":
        raise UsageError(f"--also-against is measured on a CPU; leave it out with --backend {wish.backend}")


def _check_budget(wish: Wish) -> None:
    for name, words in WORDS.items():
        cap = getattr(wish.budget, name)
        if cap is not None and not 0 <= cap < inf:
            raise UsageError(f"a cap of {cap:g} {words} caps nothing; give a number, or leave it out")
    for option, value in (("temperature", wish.access.temperature), ("model-timeout", wish.access.timeout_s)):
        if value is not None and not 0 <= value < inf:
            raise UsageError(f"--{option} {value:g} cannot be; give a number that is not negative, or leave it out")
    rollouts, starts = wish.budget.rollouts, len(wish.sources)
    if rollouts is not None and rollouts < starts + LEAST_PROPOSALS and not wish.force:
        judged = "one judges the start" if starts == 1 else f"{starts} judge the starts"
        raise UsageError(
            f"a budget of {rollouts} rollouts is too small: {judged}, and a search needs at least three proposals; "
            f"use --max-rollouts {starts + LEAST_PROPOSALS} or more, or add --force"
        )


def described(wish: Wish) -> str:
    if wish.model == SERVED:
        return "an agent, over MCP"
    writing, reflecting = shown(wish.model or ""), shown(wish.access.parts.get("reflect", wish.model or ""))
    modules = "the prompts of planner, coder and repairer"
    if wish.way != EVOLUTION:
        return f"the control {wish.way}" + (f" with {reflecting}" if wish.model else "")
    if wish.evolve == PROMPTS:
        return f"{modules}, which write kernels with {writing}; reflect with {reflecting}"
    if wish.evolve == BOTH:
        return f"kernels, and {modules} ({writing}); reflect with {reflecting}, and harvest"
    if wish.model is None:
        return "transform, tune and merge, without a language model"
    return f"reflect with {reflecting}, tune and merge"
