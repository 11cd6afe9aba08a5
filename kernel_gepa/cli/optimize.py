"""`kernel-gepa optimize kernel.py`: searches for a faster kernel and verifies what it found."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from kernel_gepa.cli.progress import follow
from kernel_gepa.domain.budget import Budget
from kernel_gepa.errors import UsageError


def optimize(
    kernel: Path = typer.Argument(help="KernelBench form, our own form, or a C++ file with --reference."),
    reference: Path | None = typer.Option(None, help="For a C++ kernel: the Python file that defines what is right."),
    backend: str = typer.Option("cpu", help="Language and toolchain of the kernel."),
    model: str | None = typer.Option(
        None, help="openai/gpt-5, cmd:PROGRAM ARGS, scripted:FILE, …; without one, the machine tunes and rewrites."
    ),
    api_base: str | None = typer.Option(None, help="Address of an OpenAI-compatible server for the model."),
    sandbox: str = typer.Option("auto", help="auto, bubblewrap, docker, or local (which does not isolate)."),
    max_rollouts: int = typer.Option(40, help="Kernels to judge, the start included."),
    max_usd: float | None = typer.Option(None, help="Dollars for the model."),
    max_calls: int | None = typer.Option(None, help="Requests to the model."),
    max_tokens: int | None = typer.Option(None, help="Tokens to and from the model, in all."),
    max_minutes: float | None = typer.Option(None, help="Minutes for the search; the verification comes after."),
    threads: int = typer.Option(1, help="Threads a kernel may use. More than one is timed by the wall clock."),
    processes: int = typer.Option(7, help="Fresh processes of both sides that the verified speedup comes from."),
    seed: int = typer.Option(0, help="Decides every random choice of the search."),
    prune: str = typer.Option("cover", help="Rule that thins out the Pareto front: cover or dominance."),
    run: Path | None = typer.Option(None, help="Folder of the run. Default: runs/NAME-DATE."),
    out: Path | None = typer.Option(None, help="Also write the winner there."),
    verdicts: Path | None = typer.Option(None, help="Decide again from the recorded verdicts of this run; no bench."),
    json: bool = typer.Option(False, "--json", help="Print result.json on stdout instead of the summary."),
) -> None:
    """Make a kernel faster. Nothing is claimed that was not measured twice.

    Writes kernel.opt.*, kernel.patch, result.json, report.md and the journal into the run's folder.
    """
    if out is not None and not out.parent.is_dir():
        raise UsageError(f"--out {out}: the folder {out.parent} does not exist; make it first")
    from kernel_gepa.recipes.run import create
    from kernel_gepa.recipes.wish import Wish

    wish = Wish(
        source=str(kernel),
        reference=str(reference) if reference else None,
        backend=backend,
        sandbox=sandbox,
        model=model,
        api_base=api_base,
        budget=Budget(
            rollouts=max_rollouts,
            model_calls=max_calls,
            tokens=max_tokens,
            usd=max_usd,
            wall_s=None if max_minutes is None else 60 * max_minutes,
        ),
        seed=seed,
        threads=threads,
        prune=prune,
        processes=processes,
        verdicts=str(verdicts) if verdicts else None,
    )
    folder = run or Path("runs") / f"{kernel.stem}-{time.strftime('%Y%m%d-%H%M%S')}"
    raise typer.Exit(follow(create(wish, folder), out=out, json=json))
