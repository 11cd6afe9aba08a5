"""`report.md`: what was measured, on what, against what, and how it was found."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_gepa.domain.events import Admitted, Declined
from kernel_gepa.domain.timing import Measurement
from kernel_gepa.domain.verdict import Correct
from kernel_gepa.report.line import COLUMNS, line
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.report.words import BASELINES, claim, duration, interval, plural, times


def report(outcome: Outcome) -> str:
    return "\n".join(_sections(outcome)) + "\n"


def _sections(outcome: Outcome) -> Iterator[str]:
    yield f"# {outcome.task.id}\n"
    yield headline(outcome) + "\n"
    if outcome.winner is not None:
        yield "## Verified speedup\n"
        yield from _table(outcome.winner.against("start") + outcome.winner.against("eager"))
        yield (
            "\n"
            + HOW.format(processes=outcome.processes, threads=outcome.machine.threads, clock=_clock(outcome))
            + "\n"
        )
        if isinstance(outcome.winner.verified, Correct) and outcome.winner.verified.tags:
            yield f"Made of: {', '.join(outcome.winner.verified.tags)}.\n"
    yield "## What was measured\n"
    if outcome.task.statement:
        yield outcome.task.statement.strip() + "\n"
    yield from (f"- {workload}" for workload in outcome.task.workloads)
    yield f"\nProcessor: {outcome.machine.processor}. Toolchain: {outcome.machine.toolchain}."
    isolation = "" if outcome.machine.isolates else ", which does not isolate"
    yield f"Sandbox: {outcome.machine.sandbox}{isolation}. Not measured on a GPU.\n"
    yield "## How it was found\n"
    yield f"Proposers: {outcome.proposers}. {tally(outcome)} The search ended because {outcome.stopped}.\n"
    yield "```"
    yield COLUMNS
    yield from (line(step, event) for step, event in enumerate(outcome.events))
    yield "```"


HOW = (
    "The interval is the one in which a repetition of this measurement lies with 95 %: in {processes} fresh "
    "processes of both sides, interleaved batches on inputs that no launch has seen before, {threads} thread(s), "
    "{clock}, ratio of medians per process, median over the processes. Outputs of timed launches were checked."
)


def _clock(outcome: Outcome) -> str:
    return "CPU time of the worker" if outcome.machine.threads == 1 else "wall time"


def headline(outcome: Outcome) -> str:
    """The one sentence that may be quoted."""
    winner = outcome.winner
    speedup = winner.geomean(outcome.main_baseline) if winner else None
    if winner is None or speedup is None:
        return f"No kernel was found that is measurably faster than {BASELINES[outcome.main_baseline]}."
    others = [b for b in ("start", "eager") if b != outcome.main_baseline and winner.geomean(b)]
    beside = "".join(f", {claim(g)} against {BASELINES[b]}" for b in others if (g := winner.geomean(b)))
    return f"Verified: {claim(speedup)} against {BASELINES[outcome.main_baseline]}{beside}, by {winner.origin}."


def tally(outcome: Outcome) -> str:
    tried = outcome.tried
    admitted = sum(isinstance(e, Admitted) for e in outcome.events[1:])
    repeated = sum(isinstance(e, Declined) and not e.evaluations for e in outcome.events)
    parts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in tried.most_common())
    again = f", {plural(repeated, 'repetition')} refused unseen" if repeated else ""
    return f"{plural(sum(tried.values()), 'proposal')} judged ({parts or 'none'}), {admitted} admitted{again}."


def _table(measurements: tuple[Measurement, ...]) -> Iterator[str]:
    yield "| workload | against | speedup | 95 % interval | kernel | baseline |"
    yield "|---|---|---|---|---|---|"
    for m in measurements:
        sure = "" if m.speedup.significant else " (not significant)"
        yield (
            f"| {m.workload} | {BASELINES[m.baseline]} | {times(m.speedup)}{sure} | {interval(m.speedup)} "
            f"| {duration(m.candidate_s)} | {duration(m.baseline_s)} |"
        )
