"""The fastest kernels of a run as Markdown: what goes into a comment or a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kernel_gepa.domain.task import TaskId
from kernel_gepa.report.archive import Archived
from kernel_gepa.report.html.story import Story
from kernel_gepa.report.markdown import cell
from kernel_gepa.report.words import BASELINES, interval, times


def top_kernels(story: Story, tasks: Sequence[TaskId], most: int) -> Iterator[str]:
    """For each task the headline and a table of so many kernels, the fastest first."""
    for outcome in (o for o in story.outcomes if o.task.id in tasks):
        workloads = [w.name for w in outcome.task.workloads]
        yield f"### {cell(outcome.task.id)}\n\n{cell(story.headline(outcome))}\n"
        yield f"| | speedup | 95 % interval | {' | '.join(map(cell, workloads))} | by |"
        yield "|---" * (len(workloads) + 4) + "|"
        kernels = story.archive.get(outcome.task.id, ())
        yield from (_row(rank, k, workloads) for rank, k in enumerate(kernels[:most], start=1))
        more = f" {len(kernels) - most} more are in its archive." if len(kernels) > most else ""
        against = BASELINES[outcome.main_baseline]
        yield f"\nAs measured in the search, against {against}; only the headline was verified, if it says so.{more}\n"


def _row(rank: int, kernel: Archived, workloads: Sequence[str]) -> str:
    there = (kernel.at(workload) for workload in workloads)
    cells = " | ".join(times(speedup) if speedup else "" for speedup in there)
    unsure = " (inconclusive)" if kernel.verdict.inconclusive else ""
    who = "declined" if kernel.candidate is None else f"candidate {kernel.candidate}"
    speedup = kernel.speedup
    return f"| {rank} | {times(speedup)}{unsure} | {interval(speedup)} | {cells} | {cell(kernel.origin)} ({who}) |"
