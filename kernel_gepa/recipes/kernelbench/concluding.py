"""What a problem's search came to, in a sweep's figures: the verified kernel or the start, and both checks of it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from kernel_gepa.benchmarks.kernelbench.problems import Problem
from kernel_gepa.benchmarks.kernelbench.rules import TRIALS, Rule
from kernel_gepa.domain.timing import COMPILED, EAGER
from kernel_gepa.domain.verdict import Correct, name, reason
from kernel_gepa.recipes.benches import Benches
from kernel_gepa.recipes.kernelbench.progress import peak_fraction
from kernel_gepa.recipes.kernelbench.results import NOT_WON, Beside, Compatible, Result, Times, compatible, times
from kernel_gepa.recipes.run import decided
from kernel_gepa.recipes.sweeping import Watch
from kernel_gepa.recipes.wish import Entry, Header
from kernel_gepa.report.outcome import Outcome, Winner, judged


def concluded(problem: Problem, outcome: Outcome, measured: Winner | None, header: Header, watch: Watch) -> Result:
    """`measured` is what was verified, whether it won or not. A start that is a copy of the reference, or
    torch.compile's work, is nothing to show; another one is measured as winners are.
    """
    entry = header.entry(outcome.task.id)
    found = _found(problem, outcome, measured, entry)
    borrowed = entry.task.start_is_reference or header.wish.start is not None
    if outcome.winner is None and borrowed:
        return found
    with ExitStack() as held:
        benches = Benches(header, held)
        told = outcome.winner
        if told is None:
            watch.say(f"{problem}: the start is measured against eager PyTorch")
            sides = tuple(dict.fromkeys((entry.against, EAGER, *header.wish.also)))
            told = Winner(
                entry.task.kernel,
                "the start",
                benches.verify(entry.task.kernel, entry.task, sides, header.wish.processes),
            )
        return _with(found, told, compatible(benches.agrees(told.kernel, entry.task, TRIALS, Rule())))


def _found(problem: Problem, outcome: Outcome, measured: Winner | None, entry: Entry) -> Result:
    spend = outcome.spend
    return Result(
        level=problem.level,
        problem_id=problem.id,
        name=problem.name,
        verdict=NOT_WON,
        reason=_why_not(outcome, measured),
        against=entry.against,
        won=outcome.winner is not None,
        baseline=_eager(outcome),
        rollouts=spend.rollouts,
        tries=len(outcome.tries),
        correct_tries=outcome.tried["correct"],
        model_calls=spend.model_calls,
        tokens=spend.tokens,
        wall_s=spend.wall_s,
        control=_beside(outcome.control),
    )


def _eager(outcome: Outcome) -> Times | None:
    """Of eager PyTorch, as any right kernel was measured against it: their analysis leaves out problems without one,
    and with them everybody who found nothing.
    """
    for evaluation in (e for event in outcome.events for e in judged(event) if e.task == outcome.task.id):
        if isinstance(evaluation.verdict, Correct):
            measured = [m for m in evaluation.verdict.measurements if m.baseline == EAGER]
            if measured:
                return times(measured, "baseline")
    return None


def _with(found: Result, told: Winner, agreed: Compatible) -> Result:
    eager = told.against(EAGER)
    return replace(
        found,
        verdict=name(told.verified),
        reason=reason(told.verified),
        kernel=told.kernel,
        origin=told.origin,
        made_by=told.made_by,
        speedup=told.geomean(found.against),
        eager=told.geomean(EAGER),
        compiled=told.geomean(COMPILED),
        candidate=times(eager, "candidate"),
        baseline=times(eager, "baseline"),
        peak_fraction=peak_fraction(eager),
        inconclusive=told.inconclusive,
        compatible=agreed,
    )


def _why_not(outcome: Outcome, measured: Winner | None) -> str:
    if measured is None:
        return "no kernel but the start was right"
    _, undecided = decided(measured, outcome.main_baseline)
    if undecided is not None:
        return "the verification of the fastest kernel was inconclusive"
    return f"the fastest kernel, by {measured.origin}, was not measurably faster when it was verified"


def _beside(control: Outcome | None) -> Beside | None:
    if control is None:
        return None
    won = control.winner
    return Beside(
        way=control.way,
        rollouts=control.spend.rollouts,
        tries=len(control.tries),
        won=won is not None,
        speedup=won.geomean(control.main_baseline) if won else None,
        eager=won.geomean(EAGER) if won else None,
    )
