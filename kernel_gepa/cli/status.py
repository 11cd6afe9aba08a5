"""`kernel-gepa status RUN`: where a run stands, also while it is being made."""

from __future__ import annotations

import json as json_module
from pathlib import Path

import typer


def status(
    run: Path = typer.Argument(help="Folder of the run."),
    json: bool = typer.Option(False, "--json", help="Print one object for machines."),
) -> None:
    """Say what a run has spent and what it has found so far."""
    from kernel_gepa.domain.verdict import Correct
    from kernel_gepa.recipes.finals import contenders
    from kernel_gepa.recipes.reading import read

    found = read(run)
    spend, budget = found.spend, found.header.wish.budget
    best = next(iter(contenders(found.recorded.history, found.header.task)), None)
    verified = found.verification
    facts = {
        "task": found.header.task.id,
        "steps": len(found.recorded.history),
        "admitted": max(0, len(found.pool.members) - 1),
        "rollouts": spend.rollouts,
        "max_rollouts": budget.rollouts,
        "model_calls": spend.model_calls,
        "wall_s": round(spend.wall_s, 1),
        "best_so_far": {"origin": best.origin, "speedup": best.value} if best else None,
        "verified": isinstance(verified.verdict, Correct) if verified else False,
    }
    if json:
        print(json_module.dumps(facts))
        return
    print(
        f"{facts['task']}: step {facts['steps']}, {spend.rollouts} of {budget.rollouts} rollouts, {spend.wall_s:.0f} s"
    )
    print(f"{facts['admitted']} proposals admitted")
    if best is None:
        print("nothing correct was found yet")
    else:
        print(f"best so far: {best.value:.2f}x by {best.origin}" + ("; verified" if facts["verified"] else ""))
