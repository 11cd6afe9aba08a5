"""A run on the screen: what was checked, one line per step, what came of it.

Progress goes to stderr, results go to stdout.
"""

from __future__ import annotations

import json as json_module
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kernel_gepa.cli.log import Lines, Log, log
from kernel_gepa.discreet import plain
from kernel_gepa.domain.verdict import Correct, Static, name

if TYPE_CHECKING:
    from types import FrameType

    from kernel_gepa.domain.evaluation import Evaluation
    from kernel_gepa.recipes.run import Run
    from kernel_gepa.recipes.wish import Entry
    from kernel_gepa.report.outcome import Outcome, Winner

INTERRUPTED = "it was interrupted"


def follow(run: Run, *, out: Path | None, json: bool) -> int:
    """Makes the run to its end and says how it went; the exit code is the answer."""
    from kernel_gepa.report.line import COLUMNS
    from kernel_gepa.report.outcome import News

    told = log()
    with run, interruptible(run, told):
        for text in opening(run):
            told.text(text)
        if isinstance(told, Lines):
            told.text(COLUMNS)
        news, tasks = News(), len(run.header.entries)
        for step, event in enumerate(run.events):
            told.step(step, event, news, tasks=tasks)
        with told.live("measuring the start"):
            for event in run.search():
                told.step(len(run.events) - 1, event, news, tasks=tasks)
                told.standing(standing(run), run.ledger.spent)
            winners: Sequence[Winner | None] = [None] * tasks
            if run.stop.sentence is None:
                told.standing("verifying in fresh processes", run.ledger.spent)
                winners = run.winners(told.text)
            outcomes: Sequence[Outcome] = run.outcomes(winners)
            if run.stop.sentence is None:
                outcomes = with_control(outcomes, run, told)
        return closing(outcomes, run, out=out, json=json)


def with_control(outcomes: Sequence[Outcome], run: Run, told: Log) -> Sequence[Outcome]:
    """The outcomes with those of the control beside them, if one is wanted and it was not interrupted."""
    from kernel_gepa.recipes.beside import control_of
    from kernel_gepa.report.outcome import News

    control = control_of(run)
    if control is None:
        return outcomes
    told.text(f"control   {run.header.wish.control}, with the same budget, in {control.folder}")
    with control:
        news, tasks = News(), len(run.header.entries)
        for step, event in enumerate(control.events):
            told.step(step, event, news, tasks=tasks)
        for event in control.search():
            told.step(len(control.events) - 1, event, news, tasks=tasks)
        if run.stop.sentence is not None:
            return outcomes
        winners = control.winners(told.text)
        theirs = control.outcomes(winners)
    return [replace(ours, control=other) for ours, other in zip(outcomes, theirs, strict=True)]


@contextmanager
def interruptible(run: Run, told: Log) -> Iterator[None]:
    """Ctrl-C once finishes the step in flight and saves; twice stops."""

    def asked(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if run.stop.sentence is not None:
            raise KeyboardInterrupt
        run.stop.sentence = INTERRUPTED
        told.text("finishing what is in flight; press Ctrl-C again to stop at once")

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def opening(run: Run) -> Iterator[str]:
    """What was checked, against what is measured, and what the budget buys."""
    from kernel_gepa.recipes.plan import caps, plan_of, price
    from kernel_gepa.recipes.wish import described

    header, wish = run.header, run.header.wish
    machine = header.machine
    for entry in header.entries:
        yield from opening_of(entry)
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
    for spec, tariff in header.tariffs.items():
        yield f"price     {price(spec, tariff)}"
    yield f"budget    {caps(wish.budget)}: {plan_of(header)}"
    yield f"run       {run.folder}"


def opening_of(entry: Entry) -> Iterator[str]:
    from kernel_gepa.report.words import BASELINES

    task = entry.task
    statement = task.statement.partition("\n")[0]
    yield f"task      {task.id}" + (f": {statement}" if statement else "")
    for workload in task.workloads:
        yield f"workload  {workload}"
    for warning in task.warnings:
        yield f"warning   {warning}"
    start = ", a copy of the reference, never counted as a win" if task.start_is_reference else ""
    start = (
        ", TorchInductor's code: torch.compile's work, and what counts is what is added"
        if task.start_is_generated
        else start
    )
    yield f"baseline  {BASELINES[entry.against]}{start}"


def standing(run: Run) -> str:
    spent, cap = run.ledger.spent.rollouts, run.header.wish.budget.rollouts
    best = 1.0
    for event in run.events:
        for evaluation in getattr(event, "evaluations", ()):
            if isinstance(evaluation.verdict, Static):
                return f"{spent} of {cap} rollouts; static, nothing is timed"
            if isinstance(evaluation.verdict, Correct):
                best = max(best, evaluation.verdict.speedup.value)
    return f"{spent} of {cap} rollouts, best so far {best:.2f}x (to be verified)"


def closing(outcomes: Sequence[Outcome], run: Run, *, out: Path | None, json: bool) -> int:
    """Writes the files, prints the result, and decides the exit code."""
    from kernel_gepa.recipes.files import write
    from kernel_gepa.recipes.reading import read
    from kernel_gepa.recipes.telling import write_page
    from kernel_gepa.report.comparison import compared
    from kernel_gepa.report.markdown import headline, tally
    from kernel_gepa.report.result import result, results

    several = len(outcomes) > 1
    written = write(outcomes, run.header, run.folder, archived=read(run.folder).archive, out=out)
    written.append(("page", write_page(run.folder)))
    if json:
        print(json_module.dumps(results(outcomes) if several else result(outcomes[0]), indent=2))
    else:
        for outcome in outcomes:
            whose = f"{outcome.task.id}: " if several else ""
            print(f"{whose}{headline(outcome)}\n{tally(outcome)}")
            if told := compared(outcome):
                print(told)
        print(f"The search ended because {outcomes[0].stopped}.")
        for label, path in written:
            print(f"{label:<9} {path}")
    code, sentence = ending(outcomes, run)
    if sentence:
        print(plain(sentence), file=sys.stderr)
    return code


def ending(outcomes: Sequence[Outcome], run: Run) -> tuple[int, str]:  # noqa: PLR0911  one for each ending
    """The exit code, and the sentence behind one that is not 0. Of several tasks one that went well is enough."""
    outcome = outcomes[0]
    tries = [e for o in outcomes for e in o.tries]
    if run.stop.sentence == INTERRUPTED:
        return 130, f"interrupted; the state is saved: kernel-gepa resume {run.folder}"
    if not outcome.events:
        return 6, f"error: the budget ended before the first verdict: {outcome.stopped}"
    if not tries and run.at_the_bound:
        return 0, ""
    if not tries:
        reason = next((e.reason for e in reversed(outcome.events[1:])), outcome.stopped)
        advice = "" if run.header.wish.model else "; add --model to have kernels written, or declare knobs"
        return 4, f"error: no proposal was ever evaluated, {reason}{advice}"
    if any(isinstance(e.verdict, Static) for e in tries):
        return 5, "inconclusive: nothing was timed, as no kernel of this backend is run on a device here"
    if not any(isinstance(e.verdict, Correct) for e in tries):
        counted = Counter(name(e.verdict) for e in tries)
        failed = ", ".join(f"{count} {what}" for what, count in counted.most_common())
        return 3, f"error: every proposal failed ({failed}); the last one:\n{last_of(outcomes).feedback}"
    return 0, ""


def last_of(outcomes: Sequence[Outcome]) -> Evaluation:
    from kernel_gepa.report.outcome import judged

    return [e for event in outcomes[0].events for e in judged(event)][-1]
