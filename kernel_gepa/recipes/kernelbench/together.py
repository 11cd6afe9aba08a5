"""Prompts are evolved in one search over all problems: it deals its rollouts by itself, minibatch by minibatch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kernel_gepa.benchmarks.kernelbench.problems import Problem
from kernel_gepa.domain.budget import Spend
from kernel_gepa.recipes.begin import create, resume
from kernel_gepa.recipes.beside import control_of
from kernel_gepa.recipes.files import write
from kernel_gepa.recipes.kernelbench.concluding import concluded
from kernel_gepa.recipes.kernelbench.places import Place
from kernel_gepa.recipes.kernelbench.results import Result
from kernel_gepa.recipes.kernelbench.searching import wished
from kernel_gepa.recipes.reading import begun, read
from kernel_gepa.recipes.run import Run
from kernel_gepa.recipes.sweeping import Order, Watch
from kernel_gepa.recipes.telling import write_page
from kernel_gepa.report.outcome import Outcome

ALL = "all"  # the folder of the run


def searched_together(
    among: Mapping[Problem, Result | None], order: Order, watch: Watch, budget: int
) -> Iterator[Result]:
    """The results of all, once the one search has ended; none where it was stopped."""
    place, problems = Place(order.folder), list(among)
    folder = place.run(ALL)
    if not begun(folder):
        with create(wished(order, tuple(str(place.write_task(p, order.batch)) for p in problems), budget), folder):
            pass
    run = resume(folder)
    run.stop = watch.stop
    with run:
        for number, _ in enumerate(run.search(), start=1):
            watch.say(f"step {number}: {run.ledger.spent.rollouts} of {budget} rollouts")
        if watch.stop.sentence is not None:
            return
        winners = run.winners(watch.say)
        outcomes = run.outcomes(winners)
        controls = _controls(run, watch)
    if watch.stop.sentence is not None:
        return
    told = [replace(o, control=c) for o, c in zip(outcomes, controls, strict=True)]
    write(told, run.header, run.folder, archived=read(run.folder).archive)
    write_page(run.folder)
    for problem, outcome, measured in zip(problems, told, winners, strict=True):
        shared = replace(outcome, spend=_share(outcome, len(problems)))
        yield concluded(problem, shared, measured, run.header, watch)


def _share(outcome: Outcome, of: int) -> Spend:
    """What a run over all problems spent on one is not told apart, but for the rollouts: an equal share."""
    spent = outcome.spend
    return replace(
        spent,
        rollouts=1 + len(outcome.tries),
        model_calls=spent.model_calls // of,
        tokens=spent.tokens // of,
        wall_s=spent.wall_s / of,
    )


def _controls(run: Run, watch: Watch) -> Sequence[Outcome | None]:
    control, none = control_of(run), [None] * len(run.header.entries)
    if control is None:
        return none
    with control:
        for _ in control.search():
            pass
        return control.outcomes(control.winners(watch.say)) if run.stop.sentence is None else none
