"""A run ends when the machine is thought to allow no more, and says by which estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.timing import Bound
from kernel_gepa.domain.verdict import Correct, Verdict
from kernel_gepa.judging.evaluator import Evaluator
from kernel_gepa.ports import NoProposal, Proposal
from kernel_gepa.programs.literal import Literal, slot
from kernel_gepa.search.enough import at_the_bound
from kernel_gepa.search.loop import ExitReason, Rules, Stopped, search
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import admitted, correct, evaluation, pool_of, task

ONE = task("0", workloads=("wide", "odd"))


def bounded(shares: Mapping[str, float | None], *, inconclusive: bool = False) -> Correct:
    """A correct kernel that takes one second everywhere, against bounds of so many seconds."""
    measured = correct(dict.fromkeys(shares, 2.0)).measurements
    return Correct(
        tuple(
            replace(m, bound=None if s is None else Bound(s, "memory", "by hand"), inconclusive=inconclusive)
            for m, s in zip(measured, shares.values(), strict=True)
        )
    )


def pool(verdict: Verdict, name: str = "0") -> Pool:
    found = replace(evaluation(name, {"wide": 2.0, "odd": 2.0}), verdict=verdict)
    return pool_of([]).apply(admitted("text", found))


def test_the_sentence_says_how_near_the_slowest_workload_is() -> None:
    said = at_the_bound(pool(bounded({"wide": 1.2, "odd": 0.957})), (ONE,))
    assert said == (
        "the best kernel reaches 96% of its estimated bound or more on every workload: hardly anything is left"
    )


@pytest.mark.parametrize(
    "verdict",
    [
        bounded({"wide": 1.0, "odd": 0.94}),
        bounded({"wide": 1.0, "odd": None}),
        bounded({"wide": None, "odd": None}),
        bounded({"wide": 1.0, "odd": 1.0}, inconclusive=True),
    ],
)
def test_a_slow_an_unknown_and_an_inconclusive_workload_keep_it_going(verdict: Correct) -> None:
    assert at_the_bound(pool(verdict), (ONE,)) is None


def test_every_task_has_to_be_there() -> None:
    near = pool(bounded({"wide": 1.0, "odd": 1.0}))
    assert at_the_bound(near, (ONE, task("1"))) is None
    assert at_the_bound(pool_of([]), ()) is None
    assert at_the_bound(pool_of([]), (ONE,)) is None


def ended(rules: Rules) -> tuple[int, Stopped]:
    """How many steps a search takes whose every kernel is a tenth of the bound nearer to it."""

    class Nearer:
        name = "nearer"

        def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
            text = pool.members[-1].candidate.texts[slot("0")] + "+"
            return Proposal(Candidate({slot("0"): text}, (len(pool.members) - 1,), self.name), (ONE,))

    def verdict(kernel: str, task: Task) -> Verdict:
        share = 0.7 + 0.1 * kernel.count("+")
        measured = bounded({"wide": share, "odd": share}).measurements
        faster = correct(dict.fromkeys(("wide", "odd"), 2 * share)).measurements
        return Correct(tuple(replace(m, speedup=f.speedup) for m, f in zip(measured, faster, strict=True)))

    ledger, program = Ledger(Budget(rollouts=30)), Literal.over((ONE,))
    evaluate = Evaluator(program, ScriptedJudge(verdict), lambda *_: "", ledger=ledger)
    *events, last = search(program.components, (ONE,), evaluate, (Nearer(),), ledger=ledger, rules=rules)
    assert isinstance(last, Stopped)
    return len(events), last


def test_a_search_stops_there_and_goes_on_when_it_is_told_to() -> None:
    steps, stopped = ended(Rules(clock=lambda: 0.0))
    assert (steps, stopped.reason) == (4, ExitReason.BOUND)
    assert "reaches 100% of its estimated bound" in stopped.sentence
    steps, stopped = ended(Rules(clock=lambda: 0.0, enough=None))
    assert (steps > 10, stopped.reason) == (True, ExitReason.BUDGET)
