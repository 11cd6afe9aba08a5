"""`kernel-gepa serve RUN [KERNEL]`: an agent drives the search, through tools over MCP on stdin and stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kernel_gepa.cli.mcp import Tool
from kernel_gepa.cli.mcp import serve as answer
from kernel_gepa.domain.budget import Budget
from kernel_gepa.errors import UsageError

if TYPE_CHECKING:
    from kernel_gepa.recipes.served import Served

INSTRUCTIONS = """You make a compute kernel faster. get_task says what it computes and what the bench said of the \
best version; evaluate judges your source and costs one rollout of the budget, whatever comes of it; submit ends the \
run and has the best kernel verified. status says what is left. Change one thing at a time, read the feedback, and \
submit while rollouts are left only if nothing is left to try."""


def serve(
    run: Path = typer.Argument(help="Folder of the run: a new one with KERNEL, or one that was served before."),
    kernel: Path | None = typer.Argument(None, help="As for optimize; only for a new run."),
    reference: Path | None = typer.Option(None, help="For a C++ kernel: the Python file that defines what is right."),
    backend: str = typer.Option("cpu", help="Language and toolchain of the kernel."),
    sandbox: str = typer.Option("auto", help="auto, bubblewrap, docker, or local (which does not isolate)."),
    screen: str = typer.Option("strict", help="strict refuses what the screen finds in a text; report only tells."),
    max_rollouts: int = typer.Option(40, help="Kernels to judge, the start included."),
    max_minutes: float | None = typer.Option(None, help="Minutes for judging; the verification comes after."),
    threads: int = typer.Option(1, help="Threads a kernel may use. More than one is timed by the wall clock."),
    processes: int = typer.Option(7, help="Fresh processes of both sides that the verified speedup comes from."),
) -> None:
    """Serve a run to an agent as MCP tools: status, get_task, frontier, evaluate, submit. The budget is kept here."""
    from kernel_gepa.recipes.begin import create, resume
    from kernel_gepa.recipes.reading import begun
    from kernel_gepa.recipes.served import Served
    from kernel_gepa.recipes.wish import SERVED, Wish

    if begun(run):
        if kernel is not None:
            raise UsageError(f"{run} holds a run already; leave KERNEL out to go on with it, or choose another folder")
        made = resume(run)
        if made.header.wish.model != SERVED:
            raise UsageError(f"the run in {run} is not driven by an agent; go on with it: kernel-gepa resume {run}")
    elif kernel is None:
        raise UsageError(f"there is no run in {run}; name the kernel for a new one: kernel-gepa serve {run} KERNEL")
    else:
        wish = Wish(
            sources=(str(kernel),),
            reference=str(reference) if reference else None,
            backend=backend,
            sandbox=sandbox,
            screen=screen,
            model=SERVED,
            budget=Budget(rollouts=max_rollouts, wall_s=None if max_minutes is None else 60 * max_minutes),
            threads=threads,
            processes=processes,
        )
        made = create(wish, run)
    # Whatever else writes to stdout would break the protocol.
    said = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with made:
        answer(tools(Served(made)), instructions=INSTRUCTIONS, heard=sys.stdin, said=said)


def tools(served: Served) -> tuple[Tool, ...]:
    candidate = {"type": "integer", "description": "Number of a candidate; default: the best."}
    source = {"type": "string", "description": "The complete source of the kernel."}
    return (
        Tool("status", "What was spent, what is left, and the best so far.", served.status, {}),
        Tool(
            "get_task",
            "What to compute, under which rules, and what the bench said of a candidate.",
            served.task,
            {"candidate": candidate},
        ),
        Tool("frontier", "The kernels that are best at some workload.", served.frontier, {}),
        Tool(
            "evaluate",
            "Builds, checks and times a kernel. Costs one rollout.",
            served.evaluate,
            {"source": source, "parent": candidate},
            ("source",),
        ),
        Tool("submit", "Ends the run: verifies the best kernel in fresh processes.", served.submit, {}),
    )
