"""The searches of a sweep: a run for each problem, taken up whenever it gets a share more, and verified at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kernel_gepa.benchmarks.kernelbench.problems import Problem
from kernel_gepa.domain.budget import Budget
from kernel_gepa.errors import TaskError
from kernel_gepa.recipes.begin import create, resume
from kernel_gepa.recipes.beside import control_of
from kernel_gepa.recipes.files import write
from kernel_gepa.recipes.kernelbench.concluding import concluded
from kernel_gepa.recipes.kernelbench.lessons import lessons_for
from kernel_gepa.recipes.kernelbench.places import Place
from kernel_gepa.recipes.kernelbench.progress import Progress, progress_in
from kernel_gepa.recipes.kernelbench.results import LEFT_OUT, Result
from kernel_gepa.recipes.reading import begun, read
from kernel_gepa.recipes.run import Run
from kernel_gepa.recipes.sweeping import Order, Watch
from kernel_gepa.recipes.telling import write_page
from kernel_gepa.recipes.wish import Header, Wish
from kernel_gepa.report.outcome import Outcome
from kernel_gepa.search.allocation import Standing


class Searches:
    """All runs of a sweep. `left_out` are the problems that cannot be searched, each with the sentence why."""

    def __init__(self, problems: Sequence[Problem], order: Order, watch: Watch, budget: int) -> None:
        self._problems = {p.key: p for p in problems}
        self._order, self._watch, self._budget = order, watch, budget
        self.place = Place(order.folder)
        self.pool: dict[str, Progress] = {}
        self.left_out: dict[str, str] = {}

    def take_up(self) -> None:
        """Where each stands, from the journals that are there."""
        for key in self._problems:
            self.pool[key] = progress_in(self.place.run(key), key)

    def leave_out(self, key: str, why: str) -> None:
        self.left_out[key] = why
        self.pool[key] = Progress(Standing(key, ended=True))

    def advance(self, key: str, cap: int) -> Progress:
        """Searches on until the problem has `cap` rollouts in all. What cannot be searched is left out."""
        folder = self.place.run(key)
        try:
            run = self._taken_up(key)
        except TaskError as error:
            self.leave_out(key, str(error))
            return self.pool[key]
        run.header = capped(run, cap)
        with run:
            run.learn(lessons_for(key, self.pool, self._titles))
            for _ in run.search():
                pass
            spent = run.ledger.spent.rollouts
        ended = spent < cap and self._watch.stop.sentence is None
        return progress_in(folder, key, ended=ended)

    def _taken_up(self, key: str) -> Run:
        folder = self.place.run(key)
        if begun(folder):
            run = resume(folder)
        else:
            path = self.place.write_task(self._problems[key], self._order.batch)
            self._begin(key, wished(self._order, (str(path),), self._budget))
            run = resume(folder)
        run.stop = self._watch.stop
        return run

    def _begin(self, key: str, wish: Wish) -> None:
        """Writes its header, with the whole budget: any problem might get it."""
        folder = self.place.run(key)
        try:
            run = create(wish, folder)
        except TaskError as error:
            if wish.start is None:
                raise
            self._watch.say(f"{self._titles[key]}  starts from its reference: {error}")
            run = create(replace(wish, start=None), folder)
        with run:
            pass

    @property
    def _titles(self) -> Mapping[str, str]:
        return {key: str(problem) for key, problem in self._problems.items()}

    def finish(self, key: str) -> Result | None:
        """What came of a problem: its winner verified, and its control run. None when it was stopped before that."""
        problem = self._problems[key]
        if key in self.left_out:
            return Result(problem.level, problem.id, problem.name, LEFT_OUT, self.left_out[key])
        run = self._taken_up(key)
        run.header = capped(run, self.pool[key].standing.rollouts)
        with run:
            list(run.search())  # nothing is left to spend: this only adds up what was
            winners = run.winners(self._watch.say)
            outcome = replace(run.outcomes(winners)[0], stopped=self._end_of(key))
            beside = self._control(run)
        if self._watch.stop.sentence is not None:
            return None
        if beside is not None:
            outcome = replace(outcome, control=beside)
        write([outcome], run.header, run.folder, archived=read(run.folder).archive)
        write_page(run.folder)
        return concluded(problem, outcome, winners[0], read(run.folder).header, self._watch)

    def _end_of(self, key: str) -> str:
        ended = self.pool[key].standing.ended
        return "no proposer has anything left to try" if ended else "its share of the sweep's budget is spent"

    def _control(self, run: Run) -> Outcome | None:
        control = control_of(run)
        if control is None:
            return None
        with control:
            for _ in control.search():
                pass
            return control.outcomes(control.winners(self._watch.say))[0] if run.stop.sentence is None else None


def wished(order: Order, sources: tuple[str, ...], budget: int) -> Wish:
    """A run of the sweep as any run is wished for."""
    return Wish(
        sources=sources,
        sandbox=order.sandbox,
        model=Place(order.folder).model(order.model),
        api_base=order.api_base,
        budget=Budget(rollouts=budget),
        seed=order.seed,
        start=order.start,
        width=order.width,
        false_admissions=order.false_admissions,
        control=order.control,
        processes=order.processes,
        also=order.also,
        evolve=order.evolve,
    )


def capped(run: Run, rollouts: int) -> Header:
    return replace(run.header, wish=replace(run.header.wish, budget=Budget(rollouts=rollouts)))
