"""`kernel-gepa sweep BENCHMARK --root DATA`: a search for every problem of a benchmark."""

from __future__ import annotations

import json as json_module
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kernel_gepa.cli.options import seeds
from kernel_gepa.domain.timing import FALSE_ADMISSIONS

if TYPE_CHECKING:
    from types import FrameType

    from kernel_gepa.recipes.sweeping import Watch


def sweep(
    benchmark: str = typer.Argument(help="kernelbench or npueval."),
    root: Path = typer.Option(
        help="kernelbench: a checkout, a folder with level1/1_NAME.py in it, or parquet files of the data set. "
        "npueval: npueval.jsonl, a checkout of NPUEval, or a folder of task files."
    ),
    level: list[int] = typer.Option([], help="kernelbench: these levels; default: 1 to 3."),
    problems: str = typer.Option("", help="kernelbench: numbers of problems, as in 1-20,33 or 2/7; default: all."),
    kernels: str = typer.Option("", help="npueval: names of kernels, with commas between them; default: all."),
    evolve: str = typer.Option(
        "kernels", help="kernels; or the prompts of modules that write them, or both, in one search over all problems."
    ),
    model: str | None = typer.Option(
        None, help="A language model that writes kernels; without one, the machine rewrites."
    ),
    api_base: str | None = typer.Option(None, help="Address of an OpenAI-compatible server for the model."),
    device: str = typer.Option("npu1", help="npueval: npu1 (XDNA) or npu2 (XDNA 2), emulated."),
    sandbox: str = typer.Option("auto", help="auto, bubblewrap, docker, or local (which does not isolate)."),
    max_rollouts: int | None = typer.Option(
        None,
        help="kernelbench: kernels to judge in the whole sweep, starts included; default: 12 for each problem. "
        "npueval: for each row, the start included; default: 12.",
    ),
    seed: list[str] = typer.Option(
        ["0"],
        help="A number that decides every random choice of the search; kernelbench also: inductor, to start from what "
        "TorchInductor generates where that stands alone. Give the option twice for both.",
    ),
    width: int = typer.Option(1, help="Proposals for one search that are made and judged side by side."),
    false_admissions: float = typer.Option(
        FALSE_ADMISSIONS, help="kernelbench: of proposals that are no better, at most this share is admitted."
    ),
    control: str | None = typer.Option(
        None, help="kernelbench: also search each problem this way with as many rollouts: best-of-n, greedy, random, …"
    ),
    processes: int = typer.Option(3, help="kernelbench: fresh processes that each verified speedup comes from."),
    also_against: list[str] = typer.Option(
        [], help="kernelbench: a baseline to verify against beside eager PyTorch: compile (torch.compile)."
    ),
    jobs: int = typer.Option(1, help="kernelbench: problems that are worked on at a time; timing is one at a time."),
    shard: str = typer.Option("1/1", help="kernelbench: i/n, this machine's share of the problems."),
    batch: int | None = typer.Option(
        None, min=1, help="kernelbench: cut batch_size in the problems' files down to this; they are made for GPUs."
    ),
    self_test: bool = typer.Option(
        True, help="kernelbench: first see of each problem whether it can tell right from wrong."
    ),
    out: Path | None = typer.Option(
        None, help="Folder of the sweep; one that was stopped goes on. Default: runs/sweep-DATE."
    ),
    json: bool = typer.Option(False, "--json", help="Print one object for machines."),
) -> None:
    """Search for each problem of a benchmark, and write the benchmark's own files.

    kernelbench: one budget, which goes to the problems that gain most by it. With --model inbox:, `ask` and `tell`
    serve the folder of the sweep. npueval: cycles are estimates of the AIE emulator, not measurements.
    """
    from kernel_gepa.recipes.sweeping import Order, Watch, sweeper

    number, start = seeds(seed)
    order = Order(
        root=root,
        folder=out or Path("runs") / f"sweep-{time.strftime('%Y%m%d-%H%M%S')}",
        names=tuple(name for name in kernels.split(",") if name),
        levels=tuple(level),
        problems=problems,
        evolve=evolve,
        model=model,
        api_base=api_base,
        device=device,
        sandbox=sandbox,
        rollouts=max_rollouts,
        seed=number,
        start=start,
        width=width,
        false_admissions=false_admissions,
        control=control,
        processes=processes,
        also=tuple(also_against),
        jobs=jobs,
        shard=shard,
        batch=batch,
        self_test=self_test,
    )
    watch = Watch(say)
    with interruptible(watch):
        done = sweeper(benchmark).sweep(order, watch)
    print(json_module.dumps(done.record) if json else done.text)
    raise typer.Exit(done.code)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def interruptible(watch: Watch) -> Iterator[None]:
    """Ctrl-C once finishes the steps in flight and saves; twice stops."""

    def asked(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if watch.stop.sentence is not None:
            raise KeyboardInterrupt
        watch.stop.sentence = "it was interrupted"
        say("finishing what is in flight; press Ctrl-C again to stop at once")

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
