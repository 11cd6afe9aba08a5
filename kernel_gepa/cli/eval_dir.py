"""`kernel-gepa eval-dir FOLDER --root PROBLEMS`: judges kernels again that somebody else's agent wrote."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path

import typer


def eval_dir(
    folder: Path = typer.Argument(
        help="A run folder of KernelBench (level_1_problem_19_sample_0_kernel.py), or files named by their problem."
    ),
    root: Path = typer.Option(help="The problems: a checkout of KernelBench, a folder of its form, or parquet files."),
    level: list[int] = typer.Option([], help="These levels; needed where a file's name tells none."),
    sandbox: str = typer.Option("auto", help="auto, bubblewrap, docker, or local (which does not isolate)."),
    screen: str = typer.Option("strict", help="strict refuses what the screen finds in a text; report only tells."),
    processes: int = typer.Option(1, min=1, help="Fresh processes for each figure; more than one verifies it."),
    batch: int | None = typer.Option(None, min=1, help="Cut batch_size in the problems' files down to this."),
    version: str = typer.Option("0.2", help="The KernelBench whose tolerance the compatible check takes: 0.1, 0.2."),
    out: Path | None = typer.Option(None, help="Write KernelBench's files, results.jsonl and report.md there."),
    json: bool = typer.Option(False, "--json", help="Print one object for machines."),
) -> None:
    """Judge a folder of generated kernels again, by our check and by KernelBench's own.

    Exit code 0: all are right; 3: some are not; 5: all right, some figures inconclusive; 4: nothing could be judged.
    """
    from kernel_gepa.recipes.kernelbench.rejudging import How, code_of, rejudged
    from kernel_gepa.recipes.kernelbench.telling import hardware, rejudged_table, write_rejudged

    how = How(root, tuple(level), sandbox, screen, processes, batch, version)
    found = list(rejudged(folder, how, lambda text: print(text, file=sys.stderr, flush=True)))
    if out is not None:
        write_rejudged(out, found, hardware(), name=folder.name)
    if json:
        print(json_module.dumps({"kernels": [f.as_json for f in found]}))
    else:
        print("\n".join(rejudged_table(found)))
    raise typer.Exit(code_of(found))
