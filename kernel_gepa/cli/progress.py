"""A run on the screen: what was checked, one line per step, what came of it.

Progress goes to stderr, results go to stdout.
"""

from __future__ import annotations

import json as json_module
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from kernel_gepa.domain.verdict import Correct

if TYPE_CHECKING:
    from types import FrameType

    from kernel_gepa.recipes.run import Run
    from kernel_gepa.report.outcome import Outcome

INTERRUPTED = "it was interrupted"


def follow(run: Run, *, out: Path | None, json: bool) -> int:
    """Makes the run to its end and says how it went; the exit code is the answer."""
    from kernel_gepa.report.line import COLUMNS, line

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with run, interruptible(run, console):
        for text in opening(run):
            console.print(text, markup=False)
        console.print(COLUMNS, markup=False)
        for step, event in enumerate(run.events):
            console.print(line(step, event), markup=False)
        with console.status("measuring the start") as status:
            for event in run.search():
                console.print(line(len(run.events) - 1, event), markup=False)
                status.update(standing(run))
            winner = None
            if run.stop.sentence is None:
                status.update("verifying in fresh processes")
                winner = run.winner(lambda text: console.print(text, markup=False))
        return closing(run.outcome(winner), run, out=out, json=json)


@contextmanager
def interruptible(run: Run, console: Console) -> Iterator[None]:
    """Ctrl-C once finishes the step in flight and saves; twice stops."""

    def asked(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if run.stop.sentence is not None:
            raise KeyboardInterrupt
        run.stop.sentence = INTERRUPTED
        console.print("finishing what is in flight; press Ctrl-C again to stop at once", markup=False)

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def opening(run: Run) -> Iterator[str]:
    """What was checked, against what is measured, and what the budget buys."""
    from kernel_gepa.recipes.wish import described
    from kernel_gepa.report.words import BASELINES

    header, wish = run.header, run.header.wish
    machine = header.machine
    statement = header.task.statement.partition("\n")[0]
    yield f"task      {header.task.id}" + (f": {statement}" if statement else "")
    for workload in header.task.workloads:
        yield f"workload  {workload}"
    start = ", a copy of the reference, never counted as a win" if header.task.start_is_reference else ""
    yield f"baseline  {BASELINES[header.against]}{start}"
    yield f"machine   {machine.processor}, {machine.threads} thread(s); {machine.toolchain}"
    if machine.isolates:
        yield f"sandbox   {machine.sandbox}"
    else:
        yield f"sandbox   {machine.sandbox.upper()}: NOTHING IS ISOLATED, kernels run with your rights"
    yield f"search    {described(wish)}"
    if wish.model is None:
        yield "          no model is configured; --model NAME lets a language model write kernels"
    if wish.verdicts is not None:
        yield f"          verdicts are repeated from {wish.verdicts}; nothing is measured"
    yield f"budget    {wish.budget.rollouts} rollouts: the start and up to {(wish.budget.rollouts or 0) - 1} proposals"
    yield f"run       {run.folder}"


def standing(run: Run) -> str:
    spent, cap = run.ledger.spent.rollouts, run.header.wish.budget.rollouts
    best = 1.0
    for event in run.events:
        for evaluation in getattr(event, "evaluations", ()):
            if isinstance(evaluation.verdict, Correct):
                best = max(best, evaluation.verdict.speedup.value)
    return f"{spent} of {cap} rollouts, best so far {best:.2f}x (to be verified)"


def closing(outcome: Outcome, run: Run, *, out: Path | None, json: bool) -> int:
    """Writes the files, prints the result, and decides the exit code."""
    from kernel_gepa.recipes.files import write
    from kernel_gepa.report.markdown import headline, tally
    from kernel_gepa.report.result import result

    written = write(outcome, run.header, out)
    if json:
        print(json_module.dumps(result(outcome), indent=2))
    else:
        for text in (headline(outcome), tally(outcome), f"The search ended because {outcome.stopped}."):
            print(text)
        for label, path in written.items():
            print(f"{label:<9} {path}")
    code, sentence = ending(outcome, run)
    if sentence:
        print(sentence, file=sys.stderr)
    return code


def ending(outcome: Outcome, run: Run) -> tuple[int, str]:
    """The exit code, and the sentence behind one that is not 0."""
    if run.stop.sentence == INTERRUPTED:
        return 130, f"interrupted; the state is saved: kernel-gepa resume {run.folder}"
    if not outcome.events:
        return 6, f"error: the budget ended before the first verdict: {outcome.stopped}"
    if not outcome.tried:
        reason = next((e.reason for e in reversed(outcome.events[1:])), outcome.stopped)
        advice = "" if run.header.wish.model else "; add --model to have kernels written, or declare knobs"
        return 4, f"error: no proposal was ever evaluated, {reason}{advice}"
    if not outcome.tried["correct"]:
        failed = ", ".join(f"{count} {name}" for name, count in outcome.tried.most_common())
        last = next(e for e in reversed(outcome.events) if getattr(e, "evaluations", ()))
        return 3, f"error: every proposal failed ({failed}); the last one:\n{last.evaluations[0].feedback}"  # type: ignore[union-attr]
    return 0, ""
