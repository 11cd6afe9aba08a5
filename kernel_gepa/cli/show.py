"""`kernel-gepa show RUN [CANDIDATE]`: what a run found, its candidates, or one of its texts with its feedback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kernel_gepa.cli.options import RUN
from kernel_gepa.discreet import plain
from kernel_gepa.errors import UsageError

if TYPE_CHECKING:
    from kernel_gepa.domain.task import Task
    from kernel_gepa.recipes.reading import Read

LISTED = 5  # kernels of each task


def show(
    run: Path = RUN,
    candidate: int | None = typer.Argument(None, help="Number of an admitted candidate; 0 is the start."),
    task: str | None = typer.Option(None, help="Of several tasks, only this one."),
    kernel: int | None = typer.Option(None, help="Print the kernel of this rank of --task (or of the only task)."),
    top: int = typer.Option(LISTED, min=1, help="So many of the fastest kernels of each task."),
    md: bool = typer.Option(False, "--md", help="Markdown, for a comment or a report: headline and fastest kernels."),
) -> None:
    """List the candidates of a run, and by task and workload the fastest correct kernels and where they are from.

    Every correct kernel counts, whatever became of the candidate that it came from.
    """
    from kernel_gepa.recipes.reading import read

    found = read(run)
    tasks = [t for t in found.header.tasks if task in (None, t.id)]
    if not tasks:
        known = ", ".join(t.id for t in found.header.tasks)
        raise UsageError(f"{run} has no task {task!r}; its tasks are: {known}")
    if md and (kernel is not None or candidate is not None):
        raise UsageError("--md is for the list of kernels; leave the candidate and --kernel out")
    if md:
        from kernel_gepa.recipes.telling import story
        from kernel_gepa.report.top import top_kernels

        print(plain("\n".join(top_kernels(story(found, run), [t.id for t in tasks], top))))
    elif kernel is not None:
        print(plain(one_kernel(found, tasks, kernel)), end="")
    elif candidate is not None:
        one_candidate(found, run, candidate)
    else:
        candidates(found)
        for each in tasks:
            kernels(found, each, top)


def candidates(found: Read) -> None:
    """Every admitted candidate: what it comes from, how good it is on average, and where nobody beats it."""
    pool = found.pool
    print(f"{'id':>4}  {'parent':>6}  {'mean score':>10}  {'holds':<28}  by")
    for member in pool.members:
        holds = [f"{t}/{w}" for (t, w), holders in pool.front.items() if member.id in holders.estimates]
        of = "+".join(map(str, member.candidate.parents)) or "-"
        held = holds if len(found.header.tasks) > 1 else [h.partition("/")[2] for h in holds]
        by, where = plain(member.candidate.origin), ", ".join(held) or "-"
        print(f"{member.id:>4}  {of:>6}  {member.mean:>10.3f}  {where:<28}  {by}")
    if pool.members:
        best = pool.best()
        print(f"best on average: candidate {best}, mean score {pool.mean(best):.3f}; the start has {pool.mean(0):.3f}")


def kernels(found: Read, task: Task, top: int) -> None:
    """The fastest correct kernels of one task."""
    from kernel_gepa.domain.task import Form
    from kernel_gepa.report.archive import fastest
    from kernel_gepa.report.words import claim, plural, times

    archived, estimated = found.archive[task.id], task.form is Form.AIE
    print(f"\n{task.id}: {plural(len(archived), 'correct kernel')}, the start included")
    if looked_at := found.looked_at(task.id):
        print(f"      {plural(looked_at, 'kernel')} found right without a device: static, not timed, in no order")
    for rank, kernel in enumerate(archived[:top], start=1):
        who = "declined" if kernel.candidate is None else f"candidate {kernel.candidate}"
        print(f"{rank:>4}  {claim(kernel.speedup, estimated=estimated)}, by {plain(kernel.origin)} ({who})")
    if len(archived) > top:
        print(f"      and {len(archived) - top} more: {task.id}'s archive, or show --kernel RANK")
    for workload in task.workloads:
        best = fastest(archived, workload.name)
        if best is not None and (speedup := best.at(workload.name)):
            rank = list(archived).index(best) + 1
            what = " (estimated)" if estimated else ""
            print(f"      best at {workload.name}: {times(speedup)}{what}, kernel {rank}, by {plain(best.origin)}")


def one_kernel(found: Read, tasks: list[Task], rank: int) -> str:
    if len(tasks) != 1:
        raise UsageError(f"--kernel {rank} of which task? Add --task, one of: {', '.join(t.id for t in tasks)}")
    archived = found.archive[tasks[0].id]
    if not 1 <= rank <= len(archived):
        raise UsageError(f"{tasks[0].id} has {len(archived)} correct kernels; give a rank from 1 to {len(archived)}")
    return archived[rank - 1].kernel


def one_candidate(found: Read, run: Path, candidate: int) -> None:
    """Its texts, each by name, and what was said of it on every task."""
    pool = found.pool
    if not 0 <= candidate < len(pool.members):
        raise UsageError(f"{run} has no candidate {candidate}; its numbers go from 0 to {len(pool.members) - 1}")
    member = pool.members[candidate]
    print(f"candidate {candidate}, by {plain(member.candidate.origin)}, of {member.candidate.parents or 'nobody'}\n")
    for name, text in member.candidate.texts.items():
        print(plain(f"--- {name}\n{text}"))
    for task, evaluation in member.evaluations.items():
        print(plain(f"--- {task}\n{evaluation.feedback}"))
