"""Steps side by side: the same run whoever is faster, and the budget holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from threading import Barrier
from time import sleep

import pytest

from kernel_gepa.domain.budget import Budget, Ledger, Spend
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.events import Admitted, Declined, Event
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.errors import SandboxError
from kernel_gepa.judging.evaluator import Evaluator
from kernel_gepa.ports import NoProposal, Program, Proposal, Proposer
from kernel_gepa.programs.literal import Literal, slot
from kernel_gepa.search.loop import ExitReason, Rules, Stopped, search
from kernel_gepa.search.rounds import round_of
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import task
from kernel_gepa.testing.world import Crosser, Scribbler, Shared, verdict

TASKS = (task("a", kernel="?"), task("b", kernel="?"), task("ab", kernel="?"))


@dataclass
class Chosen:
    """Says of every step what to propose for task `a`; None passes."""

    kernels: Sequence[str | None]
    name: str = "chosen"
    asked: list[int] = field(default_factory=list)

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        place = pool.turns
        self.asked.append(place)
        kernel = self.kernels[place] if place < len(self.kernels) else None
        if kernel is None:
            return NoProposal("nothing comes to mind")
        texts = {**pool.members[0].candidate.texts, slot("a"): kernel}
        return Proposal(Candidate(texts, (0,), self.name), TASKS[:1])


def play(
    program: Program,
    proposers: Sequence[Proposer] | None = None,
    *,
    rules: Rules,
    budget: Budget | None = None,
    judged: ScriptedJudge | None = None,
    together: int = 1,
) -> tuple[list[Event], Stopped, Ledger]:
    ledger = Ledger(budget or Budget(rollouts=60))
    evaluate = Evaluator(program, judged or ScriptedJudge(verdict), lambda *_: "", ledger=ledger, together=together)
    chosen = proposers or (Scribbler(evaluate, TASKS, ledger), Crosser(TASKS))
    steps = search(program.components, TASKS, evaluate, chosen, ledger=ledger, rules=rules)
    *events, last = steps
    assert isinstance(last, Stopped)
    return [e for e in events if not isinstance(e, Stopped)], last, ledger


def still(width: int, seed: int = 0) -> Rules:
    return Rules(seed=seed, width=width, clock=lambda: 0.0, patience=40)


def test_rounds_begin_after_the_seed() -> None:
    assert [(r.start, r.stop) for r in (round_of(s, 4) for s in (0, 1, 4, 5, 8, 9))] == [
        (0, 1), (1, 5), (1, 5), (5, 9), (5, 9), (9, 13),
    ]  # fmt: skip
    assert [round_of(s, 1) for s in (0, 1, 2)] == [range(1), range(1, 2), range(2, 3)]


@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize("program", [Literal.over(TASKS), Shared()], ids=["kernels", "prompts"])
def test_a_run_is_decided_by_its_seed_and_width_whoever_is_faster(program: Program, width: int) -> None:
    runs = []
    for haste in range(3):
        rng = Random(haste)

        def judged(kernel: str, task: Task, rng: Random = rng) -> Verdict:
            sleep(rng.random() / 500)
            return verdict(kernel, task)

        together = 1 + haste  # also among the tasks of one candidate
        events, last, ledger = play(program, rules=still(width), judged=ScriptedJudge(judged), together=together)
        runs.append((events, last, ledger.spent))
    assert runs[0] == runs[1] == runs[2]
    assert len(runs[0][0]) > 20


def test_another_width_is_another_run_and_width_one_is_the_run_without_rounds() -> None:
    one, two = (play(Literal.over(TASKS), rules=still(width))[0] for width in (1, 2))
    assert one != two
    assert one == play(Literal.over(TASKS), rules=Rules(clock=lambda: 0.0, patience=40))[0]


def test_the_steps_of_a_round_are_taken_at_the_same_time() -> None:
    """Each judgement waits for the other three: one after the other they would wait for ever."""
    together = Barrier(4, timeout=20)

    def judged(kernel: str, task: Task) -> Verdict:
        if kernel != "?":
            together.wait()
        return verdict(kernel, task)

    proposer = Chosen(["a", "aa", "aaa", "aaaa"])
    events, _, _ = play(Literal.over(TASKS), [proposer], rules=still(4), judged=ScriptedJudge(judged))
    assert [type(e) for e in events[1:5]] == [Admitted] * 4


def test_steps_of_a_round_see_the_same_pool_and_each_its_own_turn() -> None:
    proposer = Chosen(["a", "aa", "aaa", "aaaa"])
    events, _, _ = play(Literal.over(TASKS), [proposer], rules=still(4))
    assert sorted(proposer.asked[:4]) == [0, 1, 2, 3]
    assert all(isinstance(e, Admitted) and e.child.parents == (0,) for e in events[1:5])


def test_the_same_text_twice_in_a_round_is_judged_once() -> None:
    judged = ScriptedJudge(verdict)
    events, _, _ = play(Literal.over(TASKS), [Chosen(["a", "a ", "b"])], rules=still(3), judged=judged)
    assert isinstance(events[1], Admitted)
    assert isinstance(events[2], Declined)
    assert (events[2].reason, events[2].spend) == ("nothing new: proposed in this round already", Spend())
    assert [kernel for _, kernel in judged.asked].count("a") == 1


def test_an_equivalent_text_costs_nothing() -> None:
    events, _, _ = play(Literal.over(TASKS), [Chosen(["a", "a  // faster!", "/* a */ a"])], rules=still(1))
    assert [(type(e).__name__, e.spend.rollouts) for e in events[1:4]] == [
        ("Admitted", 1),
        ("Declined", 0),
        ("Declined", 0),
    ]


def test_what_two_steps_of_a_round_need_is_made_once_and_paid_by_the_earlier() -> None:
    """Both meet their parent on a task that it has not run; who asks first is chance, who pays is not."""
    for _ in range(5):
        program, rounds = Shared(ran=[]), iter([None] * 7)
        rules = replace(still(4, seed=3), stop=partial(next, rounds, "enough"))
        events, _, ledger = play(program, rules=rules, budget=Budget())
        assert len(program.ran) == len(set(program.ran)) == ledger.spent.rollouts
        assert sum((e.spend for e in events), Spend()) == ledger.spent


@pytest.mark.parametrize("rollouts", range(3, 25))
def test_a_cap_is_never_passed_and_ends_the_run_at_the_same_step(rollouts: int) -> None:
    ends = []
    for haste in range(2):
        program, rng = Shared(ran=[]), Random(haste)

        def judged(kernel: str, task: Task, rng: Random = rng) -> Verdict:
            sleep(rng.random() / 1000)
            return verdict(kernel, task)

        budget = Budget(rollouts=rollouts)
        events, last, ledger = play(program, rules=still(4), budget=budget, judged=ScriptedJudge(judged))
        assert len(program.ran) <= rollouts
        assert last.reason is ExitReason.BUDGET
        ends.append((events, last, ledger.spent))
    assert ends[0] == ends[1]


def test_a_step_whose_share_is_too_small_is_taken_again_alone() -> None:
    """Nine rollouts are left for four steps, two each; one of them needs three for its admission."""
    events, _, ledger = play(Shared(), rules=still(4), budget=Budget(rollouts=12))
    assert ledger.spent.rollouts > 8
    assert any(e.spend.rollouts > 2 for e in events[1:])


def test_what_breaks_in_one_step_leaves_the_earlier_ones_decided() -> None:
    def judged(kernel: str, task: Task) -> Verdict:
        if kernel == "aaa":
            raise SandboxError("the sandbox is gone")
        return verdict(kernel, task)

    program = Literal.over(TASKS)
    ledger = Ledger(Budget())
    evaluate = Evaluator(program, ScriptedJudge(judged), lambda *_: "", ledger=ledger)
    steps = search(
        program.components, TASKS, evaluate, [Chosen(["a", "aa", "aaa", "b"])], ledger=ledger, rules=still(4)
    )
    assert [type(next(steps)) for _ in range(3)] == [Admitted] * 3
    with pytest.raises(SandboxError):
        next(steps)
