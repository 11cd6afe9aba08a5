"""`kernel-gepa eval CANDIDATE --against REFERENCE`: one verdict, no search."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path

import typer


def evaluate(
    candidate: Path = typer.Argument(help="The kernel: a C++ file, or a Python file with ModelNew."),
    against: Path | None = typer.Option(None, help="The file that defines what is right; default: the same file."),
    backend: str = typer.Option("cpu", help="Language and toolchain of the kernel."),
    baseline: str = typer.Option("eager", help="Denominator of the speedup: eager, or start (the reference's kernel)."),
    sandbox: str = typer.Option("auto", help="auto, bubblewrap, docker, or local (which does not isolate)."),
    threads: int = typer.Option(1, help="Threads a kernel may use. More than one is timed by the wall clock."),
    processes: int = typer.Option(1, help="Fresh processes to measure in; several give the interval of a repetition."),
    json: bool = typer.Option(False, "--json", help="Print one object for machines."),
) -> None:
    """Judge one kernel. Exit code 0: correct; 3: any other verdict; 4: nothing could be judged."""
    from kernel_gepa.domain.verdict import Correct
    from kernel_gepa.recipes.single import judge_file

    found = judge_file(
        candidate,
        against,
        backend=backend,
        baseline=baseline,
        sandbox=sandbox,
        threads=threads,
        processes=processes,
    )
    if not found.isolated:
        print("warning: nothing is isolated, the kernel ran with your rights", file=sys.stderr)
    print(json_module.dumps(found.as_json) if json else found.feedback)
    raise typer.Exit(0 if isinstance(found.verdict, Correct) else 3)
