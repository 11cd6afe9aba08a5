from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from kernel_gepa.domain.budget import Budget, Ledger, Spend
from kernel_gepa.domain.candidate import Candidate
from kernel_gepa.domain.evaluation import Evaluation, Rollout
from kernel_gepa.domain.task import Task
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.errors import BudgetSpent, SandboxError
from kernel_gepa.judging.evaluator import Evaluator, Memory
from kernel_gepa.programs.literal import Literal, slot
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import task
from kernel_gepa.testing.world import Shared, verdict

A, B = task("a"), task("b")
SEED = Candidate({slot("a"): "a", slot("b"): "b"})


class Rig:
    """An evaluator and everything around it that a test may want to look at."""

    def __init__(
        self,
        *,
        judge: ScriptedJudge | None = None,
        rollouts: int | None = None,
        memory: Memory | None = None,
        bought: Sequence[str] = (),
        together: int = 1,
    ):
        self.facts: list[Evaluation] = []
        self.judge = judge or ScriptedJudge(verdict)
        self.ledger = Ledger(Budget(rollouts=rollouts), bought=bought)
        self.evaluate = Evaluator(
            Literal.over((A, B)),
            self.judge,
            lambda v, t, kernel: f"{type(v).__name__} for {t.id}: {kernel}",
            ledger=self.ledger,
            memory=memory or Memory(on_fact=self.facts.append),
            together=together,
        )


def test_an_evaluation_holds_the_kernel_its_verdict_and_what_follows_from_it() -> None:
    (found,) = Rig().evaluate(SEED, [A])
    assert (found.task, found.rollout.kernel, found.feedback) == ("a", "a", "Correct for a: a")
    assert found.cells["w"].value == 1.5
    assert found.score.value > 1


def test_what_was_evaluated_before_costs_nothing() -> None:
    rig = Rig()
    first = rig.evaluate(SEED, [A, B])
    assert rig.evaluate(SEED, [B, A, B]) == (first[1], first[0], first[1])
    assert rig.ledger.spent == Spend(rollouts=2, evaluations=2)
    assert rig.facts == list(first)


def test_a_text_that_cannot_affect_a_task_does_not_run_it_again() -> None:
    rig = Rig()
    rig.evaluate(SEED, [A, B])
    rig.evaluate(Candidate({slot("a"): "aa", slot("b"): "b"}), [A, B])
    assert rig.judge.asked == [("a", "a"), ("b", "b"), ("a", "aa")]


def test_another_measurement_is_of_the_same_kernel_and_is_no_rollout() -> None:
    program, judge, ledger = Shared(ran=[]), ScriptedJudge(verdict), Ledger(Budget())
    evaluate = Evaluator(program, judge, lambda *_: "", ledger=ledger)
    child = Candidate({"prompt": "a"})
    (first,), (second,), (same,) = evaluate(child, [A]), evaluate(child, [A], again=1), evaluate(child, [A], again=1)
    assert first.key != second.key
    assert second == same
    assert first.rollout == second.rollout
    assert (program.ran, len(judge.asked)) == ([("a", "a")], 2)
    assert ledger.spent == Spend(rollouts=1, evaluations=2)


def test_the_bench_and_the_task_are_part_of_the_key() -> None:
    one, other = (
        Rig(judge=ScriptedJudge(verdict, fingerprint="avx2")),
        Rig(judge=ScriptedJudge(verdict, fingerprint="avx512")),
    )
    keys = {
        one.evaluate(SEED, [A])[0].key,
        other.evaluate(SEED, [A])[0].key,
        one.evaluate(SEED, [task("a", workloads="xy")])[0].key,
    }
    assert len(keys) == 3


def test_a_budget_that_is_too_small_is_refused_before_any_work() -> None:
    rig = Rig(rollouts=1)
    with pytest.raises(BudgetSpent):
        rig.evaluate(SEED, [A, B])
    assert (rig.judge.asked, rig.ledger.spent) == ([], Spend())
    assert rig.evaluate(SEED, [A])


def test_the_fact_is_told_before_anybody_is_charged_or_answered() -> None:
    order: list[str] = []

    def judged(kernel: str, task: Task) -> Verdict:
        order.append(f"judged {task.id}")
        return verdict(kernel, task)

    rig = Rig(judge=ScriptedJudge(judged), memory=Memory(on_fact=lambda e: order.append(f"told {e.task}")))
    rig.evaluate(SEED, [A, B])
    assert order == ["judged a", "told a", "judged b", "told b"]


def test_what_was_evaluated_before_the_house_broke_stays_known() -> None:
    working = False

    def judged(kernel: str, task: Task) -> Verdict:
        if task is B and not working:
            raise SandboxError("gone")
        return verdict(kernel, task)

    rig = Rig(judge=ScriptedJudge(judged))
    with pytest.raises(SandboxError):
        rig.evaluate(SEED, [A, B])
    assert rig.ledger.spent.rollouts == 1
    working = True
    rig.evaluate(SEED, [A, B])
    assert rig.judge.asked.count(("a", "a")) == 1


def test_a_fact_that_nobody_paid_for_is_not_run_again_but_charged_to_the_step_that_uses_it() -> None:
    known = {e.key: e for e in Rig().evaluate(SEED, [A, B])}
    bought = [next(key for key, e in known.items() if e.task == "a")]
    told: list[Evaluation] = []
    rig = Rig(memory=Memory(known, on_fact=told.append), bought=bought)
    rig.evaluate(SEED, [A, B])
    rig.evaluate(SEED, [A, B])
    assert (rig.judge.asked, told, rig.ledger.spent) == ([], [], Spend(rollouts=1, evaluations=1))


def test_verdicts_of_another_run_are_free_and_become_facts_of_this_one() -> None:
    elsewhere = {e.key: e for e in Rig().evaluate(SEED, [A])}
    told: list[Evaluation] = []
    rig = Rig(memory=Memory(elsewhere=elsewhere, on_fact=told.append), rollouts=1)
    rig.evaluate(SEED, [A, B])
    rig.evaluate(SEED, [A])
    assert [e.task for e in told] == ["a", "b"]
    assert rig.judge.asked == [("b", "b")]
    assert rig.ledger.spent.rollouts == 1


def test_a_text_that_differs_in_comments_only_costs_nothing() -> None:
    rig = Rig()
    (first,) = rig.evaluate(SEED, [A])
    (same,) = rig.evaluate(Candidate({slot("a"): "a  // the same", slot("b"): "b"}), [A])
    assert same == first
    assert rig.ledger.spent == Spend(rollouts=1, evaluations=1)


def test_several_tasks_are_judged_at_a_time_and_told_in_their_order() -> None:
    both = Barrier(2, timeout=20)

    def judged(kernel: str, task: Task) -> Verdict:
        both.wait()
        return verdict(kernel, task)

    rig = Rig(judge=ScriptedJudge(judged), together=2)
    assert [e.task for e in rig.evaluate(SEED, [B, A])] == ["b", "a"]
    assert rig.ledger.spent == Spend(rollouts=2, evaluations=2)


def test_what_several_threads_ask_for_is_judged_once() -> None:
    rig = Rig()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: rig.evaluate(SEED, [A, B]), range(16)))
    assert len({e.key for batch in found for e in batch}) == 2
    assert sorted(rig.judge.asked) == [("a", "a"), ("b", "b")]


def test_a_step_that_is_taken_again_is_charged_for_the_model_calls_of_its_rollouts() -> None:
    """The step that never ended paid them; a settled one has paid them already, and so has a re-measurement."""
    price = Spend(model_calls=3, tokens=100, usd=0.5)

    class Priced(Shared):
        def generate(self, texts: Mapping[str, str], task: Task) -> Rollout:
            return Rollout(texts["prompt"], spend=price)

    facts: list[Evaluation] = []
    ask = Candidate({"prompt": "a"})

    def evaluator(memory: Memory, bought: Collection[str] = ()) -> tuple[Evaluator, Ledger]:
        ledger = Ledger(Budget(), bought=bought)
        return Evaluator(Priced(), ScriptedJudge(verdict), lambda *_: "", ledger=ledger, memory=memory), ledger

    first, ledger = evaluator(Memory(on_fact=facts.append))
    first(ask, [A])
    assert ledger.spent == Spend(rollouts=1, evaluations=1)  # what the model charges itself is not charged twice
    known = {e.key: e for e in facts}
    again, ledger = evaluator(Memory(known))
    again(ask, [A])
    again(ask, [A])
    assert ledger.spent == Spend(rollouts=1, evaluations=1) + price
    again(ask, [A], again=1)
    assert ledger.spent == Spend(rollouts=1, evaluations=2) + price
    settled, ledger = evaluator(Memory(known), bought=known)
    settled(ask, [A])
    assert ledger.spent == Spend()
