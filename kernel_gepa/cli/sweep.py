"""`kernel-gepa sweep npueval --root DATA`: a search for every kernel of a benchmark."""

from __future__ import annotations

import json as json_module
import sys
import time
from dataclasses import asdict
from pathlib import Path

import typer

from kernel_gepa.errors import UsageError


def sweep(
    benchmark: str = typer.Argument(help="npueval."),
    root: Path = typer.Option(help="npueval.jsonl, a checkout of NPUEval, or a folder of task files."),
    kernels: str = typer.Option("", help="Names of kernels, with commas between them; default: all."),
    evolve: str = typer.Option(
        "kernels", help="kernels; or the prompts of modules that write them, or both, over all rows."
    ),
    model: str | None = typer.Option(
        None, help="A language model that writes kernels; without one, the machine rewrites."
    ),
    api_base: str | None = typer.Option(None, help="Address of an OpenAI-compatible server for the model."),
    device: str = typer.Option("npu1", help="npu1 (XDNA) or npu2 (XDNA 2), emulated."),
    sandbox: str = typer.Option("auto", help="auto, bubblewrap, docker, or local (which does not isolate)."),
    max_rollouts: int = typer.Option(12, help="Kernels to judge for each row, the start included."),
    seed: int = typer.Option(0, help="Decides every random choice of the search."),
    width: int = typer.Option(1, help="Proposals that are made and judged side by side."),
    out: Path | None = typer.Option(
        None, help="Folder of the sweep; one that was stopped goes on. Default: runs/sweep-DATE."
    ),
    json: bool = typer.Option(False, "--json", help="Print one object for machines."),
) -> None:
    """Search for each kernel of a benchmark, and write NPUEval's own solution and result files.

    Cycles are estimates of the AIE emulator, not measurements.
    """
    if benchmark != "npueval":
        raise UsageError(f"there is no benchmark {benchmark!r} to sweep; known are: npueval")
    from kernel_gepa.recipes.npu_sweep import Sweep, Swept, chosen_rows, summary
    from kernel_gepa.recipes.npu_sweep import sweep as swept_rows

    rows = chosen_rows(root, [name for name in kernels.split(",") if name])
    folder = out or Path("runs") / f"sweep-{time.strftime('%Y%m%d-%H%M%S')}"
    wanted = Sweep(folder, device, sandbox, model, api_base, max_rollouts, seed, evolve, width)
    began, done = time.monotonic(), list[Swept]()
    print(f"{'kernel':34} {'estimated cycles':>18} {'after':>9} {'':>8}  by", file=sys.stderr)
    for found in swept_rows(rows, wanted):
        done.append(found)
        times = f"{found.before / found.after:.2f}x" if found.before and found.after else "-"
        before, after = (f"{c:.0f}" if c else "-" for c in (found.before, found.after))
        print(f"{found.kernel_name:34} {before:>18} {after:>9} {times:>8}  {found.origin}", file=sys.stderr)
    total = summary(done, time.monotonic() - began)
    if json:
        print(json_module.dumps({"summary": asdict(total), "kind": "estimated", "kernels": [asdict(s) for s in done]}))
    else:
        print(f"{total}\nsolutions and results: {folder}")
    raise typer.Exit(0 if any(s.after for s in done) else 4)
