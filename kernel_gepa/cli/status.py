"""`kernel-gepa status RUN`: where a run stands, also while it is being made."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from kernel_gepa.domain.task import Task
    from kernel_gepa.recipes.reading import Read


def status(
    run: Path = typer.Argument(help="Folder of the run."),
    json: bool = typer.Option(False, "--json", help="Print one object for machines."),
) -> None:
    """Say what a run has spent and what it has found so far."""
    from kernel_gepa.recipes.reading import read

    found = read(run)
    spend, budget = found.spend, found.header.wish.budget
    tasks = [standing(found, task) for task in found.header.tasks]
    facts = {
        "task": ", ".join(task["task"] for task in tasks),
        "steps": len(found.recorded.history),
        "admitted": max(0, len(found.pool.members) - 1),
        "rollouts": spend.rollouts,
        "max_rollouts": budget.rollouts,
        "model_calls": spend.model_calls,
        "tokens": spend.tokens,
        "usd": round(spend.usd, 6),
        "max_usd": budget.usd,
        "wall_s": round(spend.wall_s, 1),
        "best_so_far": tasks[0]["best_so_far"] if len(tasks) == 1 else None,
        "verified": all(task["verified"] for task in tasks),
        "ended": ended(run),
        "tasks": tasks,
    }
    if json:
        print(json_module.dumps(facts))
        return
    print(
        f"{facts['task']}: step {facts['steps']}, {spend.rollouts} of {budget.rollouts} rollouts, {spend.wall_s:.0f} s"
    )
    print(f"{facts['admitted']} proposals admitted")
    if facts["ended"]:
        print(f"ended because {facts['ended']}")
    for task in tasks:
        whose, best = f"{task['task']}: " if len(tasks) > 1 else "", task["best_so_far"]
        if best is None:
            print(f"{whose}nothing correct was found yet")
        else:
            verified = "; verified" if task["verified"] else ""
            print(f"{whose}best so far: {best['speedup']:.2f}x by {best['origin']}{verified}")


def ended(run: Path) -> str | None:
    """Why the run ended, from its result; None while it goes on, and when it was interrupted."""
    from kernel_gepa.cli.progress import INTERRUPTED

    try:
        result = json_module.loads((run / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    (stopped, *_) = [one["stopped"] for one in result.get("tasks", {"": result}).values()]
    return None if stopped == INTERRUPTED else str(stopped)


def standing(found: Read, task: Task) -> dict[str, Any]:
    from kernel_gepa.domain.verdict import Correct
    from kernel_gepa.recipes.finals import contenders

    best = next(iter(contenders(found.archive[task.id], task)), None)
    verified = found.verification(task.id)
    return {
        "task": task.id,
        "best_so_far": {"origin": best.origin, "speedup": best.speedup.value} if best else None,
        "verified": isinstance(verified.verdict, Correct) if verified else False,
    }
