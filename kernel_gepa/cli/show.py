"""`kernel-gepa show RUN [CANDIDATE]`: the pool of a run, or one candidate with its text and feedback."""

from __future__ import annotations

from pathlib import Path

import typer

from kernel_gepa.errors import UsageError


def show(
    run: Path = typer.Argument(help="Folder of the run."),
    candidate: int | None = typer.Argument(None, help="Number of an admitted candidate; 0 is the start."),
) -> None:
    """List the candidates of a run and who is best where, or print one of them."""
    from kernel_gepa.recipes.reading import read
    from kernel_gepa.report.words import times

    found = read(run)
    pool, task = found.pool, found.header.task
    if candidate is not None:
        if not 0 <= candidate < len(pool.members):
            raise UsageError(f"{run} has no candidate {candidate}; its numbers go from 0 to {len(pool.members) - 1}")
        member = pool.members[candidate]
        print(f"candidate {candidate}, by {member.candidate.origin}, of {member.candidate.parents or 'nobody'}\n")
        for text in member.candidate.texts.values():
            print(text)
        for evaluation in member.evaluations.values():
            print(evaluation.feedback)
        return
    print(f"{'id':>4}  {'parent':>6}  {'speedup':>8}  {'holds':<28}  by")
    for member in pool.members:
        holds = [w for (t, w), holders in pool.front.items() if t == task.id and member.id in holders.estimates]
        speedups = [c.value for e in member.evaluations.values() if e.solved for c in e.cells.values()]
        shown = times_of(speedups)
        of = "+".join(map(str, member.candidate.parents)) or "-"
        print(f"{member.id:>4}  {of:>6}  {shown:>8}  {', '.join(holds) or '-':<28}  {member.candidate.origin}")
    for (_, workload), holders in pool.front.items():
        best = max(holders.estimates, key=lambda who: holders.estimates[who].value)
        print(f"best at {workload}: candidate {best}, {times(holders.estimates[best])}")


def times_of(speedups: list[float]) -> str:
    if not speedups:
        return "-"
    product = 1.0
    for speedup in speedups:
        product *= speedup
    return f"{product ** (1 / len(speedups)):.2f}x"
