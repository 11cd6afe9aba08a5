from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel_gepa.domain.budget import Budget, Ledger, Spend
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.errors import SandboxError
from kernel_gepa.judging.evaluator import Evaluator
from kernel_gepa.ports import NoProposal, Proposal, Proposer
from kernel_gepa.programs.literal import Literal, slot
from kernel_gepa.search.loop import ExitReason, Rules, Stopped, search
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import correct, task
from kernel_gepa.testing.world import Crosser, Scribbler, Shared, verdict

TASKS = (task("a", kernel="?"), task("b", kernel="?"))
STILL = Rules(clock=lambda: 0.0)


@dataclass
class Script:
    """Proposes kernels for task `a`, one after the other; None passes for nobody, an int for that parent."""

    kernels: Sequence[str | int | None]
    name: str = "script"
    gate: tuple[Task, ...] = TASKS[:1]

    def __post_init__(self) -> None:
        self._next = iter(self.kernels)

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        kernel = next(self._next)
        if not isinstance(kernel, str):
            return NoProposal("nothing comes to mind", kernel)
        parent = pool.best()
        texts = {**pool.members[parent].candidate.texts, slot("a"): kernel}
        return Proposal(Candidate(texts, (parent,), self.name), self.gate)


def run(
    *proposers: Proposer, budget: Budget | None = None, rules: Rules = STILL, ledger: Ledger | None = None
) -> tuple[list[Event], Stopped]:
    ledger = ledger or Ledger(budget or Budget(rollouts=50))
    program = Literal.over(TASKS)
    evaluate = Evaluator(program, ScriptedJudge(verdict), lambda *_: "", ledger=ledger)
    return split(search(program.components, TASKS, evaluate, proposers, ledger=ledger, rules=rules))


def split(steps: Iterator[Event | Stopped]) -> tuple[list[Event], Stopped]:
    *events, last = steps
    assert isinstance(last, Stopped)
    return [e for e in events if not isinstance(e, Stopped)], last


def test_the_seed_is_evaluated_on_every_task_first() -> None:
    events, _ = run(Script([None]))
    assert isinstance(events[0], Admitted)
    assert [e.task for e in events[0].evaluations] == ["a", "b"]
    assert events[0].spend.rollouts == 2


def test_a_better_child_is_admitted_with_an_evaluation_of_every_task() -> None:
    events, _ = run(Script(["a", None]))
    assert isinstance(events[1], Admitted)
    assert [e.task for e in events[1].evaluations] == ["a", "b"]
    assert events[1].spend == Spend(rollouts=1, evaluations=1)  # task b is as it was, and costs nothing


def test_a_worse_child_is_declined_with_what_was_seen_of_it() -> None:
    events, _ = run(Script(["!", None]))
    assert isinstance(events[1], Declined)
    assert [e.score.value for e in events[1].evaluations] == [0.0]


def test_an_identical_text_is_declined_before_it_costs_anything() -> None:
    events, _ = run(Script(["a", "!", "!", "a", None]))
    assert [type(e).__name__ for e in events] == ["Admitted", "Admitted", "Declined", "Declined", "Declined", "Passed"]
    for event in events[3:5]:
        assert isinstance(event, Declined)
        assert (event.evaluations, event.spend) == ((), Spend())
    assert [e.reason for e in events[3:5]] == ["nothing new: declined before", "nothing new: already candidate 1"]


def test_a_confirmed_record_enters_the_pool_with_its_second_measurement() -> None:
    two = task("a", workloads=("v", "w"))
    start = {"v": 1.0, "w": 4.0}  # measured again as well: it holds the record
    speedups = iter([start, {"v": 2.0, "w": 1.0}, {"v": 1.5, "w": 1.0}, start])
    ledger, program = Ledger(Budget()), Literal.over([two])
    proposer = Script(["child", None], gate=(two,))
    evaluate = Evaluator(program, ScriptedJudge(lambda *_: correct(next(speedups))), lambda *_: "", ledger=ledger)
    events, _ = split(search(program.components, [two], evaluate, [proposer], ledger=ledger, rules=STILL))
    assert isinstance(events[1], Admitted)
    assert {w: e.value for w, e in events[1].evaluations[0].cells.items()} == {"v": 1.5, "w": 1.0}
    assert events[1].spend == Spend(rollouts=1, evaluations=3)


def test_proposers_take_turns() -> None:
    events, _ = run(Script(["a", "aa", None], "one"), Script(["aaa", "aaaa", None], "two"))
    assert [e.child.origin for e in events if not isinstance(e, Passed)] == ["seed", "one", "two", "one", "two"]


def test_a_proposer_that_passes_does_not_stall_the_others() -> None:
    events, stopped = run(Script([None] * 5), Script(["a", "aa", "aaa", "aaaa", None]))
    assert sum(isinstance(e, Admitted) for e in events) == 5
    assert stopped.reason is ExitReason.EXHAUSTED


def test_who_has_nothing_for_anybody_hands_the_turn_on() -> None:
    events, _ = run(Script([None] * 9, "one"), Script(["a", "aa", "aaa", None], "two"))
    assert [e.child.origin for e in events if not isinstance(e, Passed)] == ["seed", "two", "two", "two"]
    assert sum(isinstance(e, Passed) for e in events) == 1


def test_a_round_in_which_nobody_has_anything_for_anybody_ends_the_run() -> None:
    events, stopped = run(Script(["a", None]), Script(["aa", None]))
    assert [type(e) for e in events] == [Admitted, Admitted, Admitted, Passed]
    assert stopped == Stopped(ExitReason.EXHAUSTED, "no proposer has anything left to try: nothing comes to mind")


def test_passes_for_a_certain_parent_end_the_run_only_after_several_rounds() -> None:
    events, stopped = run(Script([0] * 9), rules=Rules(quiet_rounds=4))
    assert (len(events), stopped.reason) == (5, ExitReason.EXHAUSTED)


def test_a_run_without_proposers_ends_after_the_seed() -> None:
    events, stopped = run()
    assert (len(events), stopped.reason) == (1, ExitReason.EXHAUSTED)


def test_patience_ends_a_run_in_which_nothing_is_admitted() -> None:
    events, stopped = run(Script(["!", "!!", "!!!", "a"]), rules=Rules(patience=3))
    assert (len(events), stopped.reason) == (4, ExitReason.PATIENCE)
    assert "nothing was admitted in 3 steps; the last one: not measurably better" in stopped.sentence


def test_a_cap_that_is_reached_ends_the_run_before_the_next_step() -> None:
    events, stopped = run(Script(["a", "aa", "aaa"]), budget=Budget(rollouts=4))
    assert len(events) == 3
    assert stopped == Stopped(ExitReason.BUDGET, "the budget of 4 rollouts is spent")


def test_a_budget_that_cannot_pay_for_the_seed_spends_nothing() -> None:
    ledger = Ledger(Budget(rollouts=1))
    events, stopped = run(Script([]), ledger=ledger)
    assert (events, stopped.reason, ledger.spent) == ([], ExitReason.BUDGET, Spend())
    assert "needs 2 rollouts; 1 of 1 are left" in stopped.sentence


def test_a_step_does_not_start_with_less_than_it_may_need() -> None:
    events, stopped = run(Script(["a", "aa"]), budget=Budget(rollouts=5), rules=Rules(reserve=3))
    assert (len(events), stopped.sentence) == (2, "a step may need 3 rollouts, and 2 are left")


def test_wall_time_is_charged_to_the_step_and_its_cap_ends_the_run() -> None:
    clock = iter(range(0, 1000, 10))
    rules = Rules(clock=lambda: float(next(clock)))
    events, stopped = run(Script(["a", "aa", "aaa", "aaaa"]), budget=Budget(wall_s=25), rules=rules)
    assert [e.spend.wall_s for e in events] == [10.0, 10.0, 10.0]
    assert stopped.sentence == "the budget of 25 seconds is spent"


def test_the_caller_can_end_the_run_between_two_steps() -> None:
    answers = iter([None, None, "interrupted by the user"])
    events, stopped = run(Script(["a", "aa", "aaa"]), rules=Rules(stop=lambda: next(answers)))
    assert (len(events), stopped) == (2, Stopped(ExitReason.ASKED, "interrupted by the user"))


def test_a_broken_house_is_not_scored_as_a_bad_kernel() -> None:
    def broken(kernel: str, task: Task) -> None:
        raise SandboxError("the sandbox is gone")

    ledger, program = Ledger(Budget()), Literal.over(TASKS)
    evaluate = Evaluator(program, ScriptedJudge(broken), lambda *_: "", ledger=ledger)  # type: ignore[arg-type]
    with pytest.raises(SandboxError):
        next(search(program.components, TASKS, evaluate, [], ledger=ledger))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 25), st.integers(0, 1000), st.booleans())
def test_the_budget_is_never_overshot_and_no_text_is_run_twice(cap: int, seed: int, shared: bool) -> None:
    ledger = Ledger(Budget(rollouts=cap))
    tasks = (task("a", kernel="?"), task("b", kernel="?"), task("ab", kernel="?"))
    program = Shared(ran=[])
    kernels = Literal.over(tasks)
    judge = ScriptedJudge(verdict)
    evaluate = Evaluator(program if shared else kernels, judge, lambda *_: "", ledger=ledger)
    components = program.components if shared else kernels.components
    proposers: list[Proposer] = [Scribbler(evaluate, tasks, ledger), Crosser(tasks)]
    events, _ = split(
        search(components, tasks, evaluate, proposers, ledger=ledger, rules=Rules(seed=seed, clock=lambda: 0.0))
    )
    assert ledger.spent.rollouts <= cap
    assert sum(e.spend.rollouts for e in events) <= ledger.spent.rollouts
    assert len(set(program.ran)) == len(program.ran)
    texts = [tuple(e.child.texts.items()) for e in events if not isinstance(e, Passed) and e.evaluations]
    assert len(set(texts)) == len(texts)
