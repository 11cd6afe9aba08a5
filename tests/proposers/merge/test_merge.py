"""Merging: for each text the side that changed it, and never a copy, a crash or one attempt too many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import pytest

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.events import Admitted, Declined, Event
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.task import Language, Task
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.domain.verdict import Verdict
from kernel_gepa.judging.evaluator import Evaluator
from kernel_gepa.ports import NoProposal, Proposal
from kernel_gepa.programs.literal import Literal, slot
from kernel_gepa.proposers.merge.crossing import Crossing, better, crossings, merged
from kernel_gepa.proposers.merge.proposer import Merge, MergeFirst
from kernel_gepa.proposers.merge.subsample import subsample
from kernel_gepa.search.loop import Rules, Stopped, search
from kernel_gepa.search.pareto import cover
from kernel_gepa.testing.judge import ScriptedJudge
from kernel_gepa.testing.toys import correct, evaluation, task

A, B, C = (task(name, kernel="start") for name in "abc")
PROMPTS = (Component("planner", "P"), Component("coder", "C"))


Grown = tuple[Mapping[str, str], tuple[int, ...], Mapping[str, float]]  # texts, parents, speeds


def grown(components: Sequence[Component], *members: Grown) -> Pool:
    pool = Pool(components)
    for texts, parents, speeds in members:
        found = tuple(evaluation(t, {"w": s}) for t, s in speeds.items())
        pool = pool.apply(Admitted(Candidate(texts, parents), found, ""))
    return pool


def prompts(planner: str, coder: str) -> dict[str, str]:
    return {"planner": planner, "coder": coder}


TWO_LINEAGES = grown(
    PROMPTS,
    (prompts("P", "C"), (), {"a": 1.0, "b": 1.0}),
    (prompts("P1", "C"), (0,), {"a": 2.0, "b": 1.0}),
    (prompts("P", "C1"), (0,), {"a": 1.0, "b": 2.0}),
)


def all_merged(pool: Pool, among: Sequence[int]) -> list[Mapping[str, str]]:
    return [child.texts for c in crossings(pool, among) if (child := merged(pool, c)) is not None]


def test_each_prompt_is_taken_from_the_side_that_changed_it() -> None:
    assert all_merged(TWO_LINEAGES, [1, 2]) == [prompts("P1", "C1")]


def test_a_merge_names_both_parents_and_their_ancestor() -> None:
    (child,) = (merged(TWO_LINEAGES, c) for c in crossings(TWO_LINEAGES, [1, 2]))
    assert child is not None
    assert (child.parents, child.origin) == ((1, 2), "merge:1 and 2, of 0")


@pytest.mark.parametrize("start", [0.0, -1.0])
def test_an_ancestor_that_fails_everywhere_is_an_ancestor(start: float) -> None:
    pool = grown(
        PROMPTS,
        (prompts("P", "C"), (), {"a": start}),
        (prompts("P1", "C"), (0,), {"a": 1.0}),
        (prompts("P", "C1"), (0,), {"a": 2.0}),
    )
    assert all_merged(pool, [1, 2]) == [prompts("P1", "C1")]


def test_a_parent_and_its_child_are_not_merged_and_neither_are_strangers() -> None:
    pool = grown(
        PROMPTS,
        (prompts("P", "C"), (), {"a": 1.0}),
        (prompts("P1", "C"), (0,), {"a": 2.0}),
        (prompts("P1", "C1"), (1,), {"a": 3.0}),
        (prompts("Q", "D"), (), {"a": 3.0}),
    )
    assert list(crossings(pool, [0, 1, 2, 3])) == []


def test_descent_goes_through_earlier_merges() -> None:
    pool = TWO_LINEAGES.apply(Admitted(Candidate(prompts("P1", "C1"), (1, 2)), (evaluation("a", {"w": 2.0}),), ""))
    assert list(crossings(pool, [1, 3])) == []


def test_an_ancestor_that_is_better_than_one_of_the_two_is_none() -> None:
    pool = grown(
        PROMPTS,
        (prompts("P", "C"), (), {"a": 1.5, "b": 1.5}),
        (prompts("P1", "C"), (0,), {"a": 2.0, "b": 0.5}),
        (prompts("P", "C1"), (0,), {"a": 1.0, "b": 4.0}),
    )
    assert list(crossings(pool, [1, 2])) == []


def test_a_copy_of_a_parent_is_not_offered() -> None:
    """Both changed the planner, and one of them the coder too: the better one over again."""
    pool = grown(
        PROMPTS,
        (prompts("P", "C"), (), {"a": 1.0}),
        (prompts("P1", "C"), (0,), {"a": 2.0}),
        (prompts("P2", "C1"), (0,), {"a": 3.0}),
    )
    assert all_merged(pool, [1, 2]) == []


def test_what_was_tried_before_is_not_offered_again() -> None:
    child = Candidate(prompts("P1", "C1"), (1, 2), "merge:1 and 2, of 0")
    assert all_merged(TWO_LINEAGES.apply(Declined(child, (), "worse")), [1, 2]) == []


def test_where_both_changed_a_text_the_better_one_over_its_own_tasks_has_it() -> None:
    own = (Component("kernel@a", "", frozenset("a")), Component("kernel@b", "", frozenset("b")))
    pool = grown(
        own,
        ({"kernel@a": "x", "kernel@b": "x"}, (), {"a": 1.0, "b": 1.0}),
        ({"kernel@a": "x1", "kernel@b": "x1"}, (0,), {"a": 5.0, "b": 2.0}),
        ({"kernel@a": "x2", "kernel@b": "x2"}, (0,), {"a": 2.0, "b": 3.0}),
    )
    assert [better(pool, Crossing(1, 2, 0), c) for c in own] == [1, 2]
    assert all_merged(pool, [1, 2]) == [{"kernel@a": "x1", "kernel@b": "x2"}]


def test_one_kernel_is_merged_at_the_level_of_its_functions() -> None:
    start = "int f() { return 1; }\nint g() { return 1; }\n"
    one = start.replace("f() { return 1", "f() { return 2")
    two = start.replace("g() { return 1", "g() { return 3")
    texts = [start, one, two]
    component = Component("kernel@a", start, frozenset("a"), Language.CPP)
    pool = grown(
        (component,),
        ({"kernel@a": texts[0]}, (), {"a": 1.0}),
        ({"kernel@a": texts[1]}, (0,), {"a": 2.0}),
        ({"kernel@a": texts[2]}, (0,), {"a": 2.0}),
    )
    assert all_merged(pool, [1, 2]) == [{"kernel@a": "int f() { return 2; }\nint g() { return 3; }\n"}]


# ---------------------------------------------------------------- when, how often, and what it costs


def test_a_merge_is_due_for_each_admission_and_attempts_count_up_to_the_limit() -> None:
    merge = Merge((A, B), cover, limit=1)
    offered = merge.propose(TWO_LINEAGES, Random(0))
    assert isinstance(offered, Proposal)
    after = TWO_LINEAGES.apply(Declined(offered.child, (evaluation("a", {"w": 0.1}),), "worse"))
    nothing = merge.propose(after, Random(0))
    assert nothing == NoProposal("no merge is due: 1 of at most 1 were tried")


def test_without_two_lineages_the_turn_is_handed_on() -> None:
    start = grown(PROMPTS, (prompts("P", "C"), (), {"a": 1.0}))
    assert Merge((A, B), cover).propose(start, Random(0)) == NoProposal("no merge is due: 0 of at most 5 were tried")
    one = start.apply(Admitted(Candidate(prompts("P1", "C"), (0,)), (evaluation("a", {"w": 2.0}),), ""))
    answer = Merge((A, B), cover).propose(one, Random(0))
    assert isinstance(answer, NoProposal)
    assert answer.parent is None


class Improve:
    """One step on one task, then on the other, both from the start; then nothing."""

    name = "improve"

    def __init__(self, *texts: Mapping[str, str]) -> None:
        self._texts = list(texts)

    def propose(self, pool: Pool, rng: Random) -> Proposal | NoProposal:
        if not self._texts:
            return NoProposal("done", 0)
        start = pool.members[0].candidate
        texts = {**start.texts, **self._texts.pop(0)}
        changed = tuple(t for t in (A, B, C) if texts[slot(t.id)] != start.texts[slot(t.id)])
        return Proposal(Candidate(texts, (0,), self.name), changed)


def noisy(kernel: str, task: Task) -> Verdict:
    speed = {"start": 1.0, "fast": 1.5}[kernel]
    return correct({"w": Estimate(speed, 0.97 * speed, 1.03 * speed)})


def test_a_merge_of_disjoint_lineages_costs_no_rollouts() -> None:
    program, ledger = Literal.over((A, B, C)), Ledger(Budget(rollouts=40))
    evaluate = Evaluator(program, ScriptedJudge(noisy), lambda *_: "", ledger=ledger)
    proposers = (Improve({slot("a"): "fast"}, {slot("b"): "fast"}), Merge((A, B, C), cover))
    rules = Rules(quiet_rounds=1, clock=lambda: 0.0)
    steps = search(program.components, (A, B, C), evaluate, proposers, ledger=ledger, rules=rules)
    events: list[Event] = [e for e in steps if not isinstance(e, Stopped)]
    (child,) = (e for e in events if isinstance(e, Admitted) and e.child.origin.startswith("merge:"))
    assert child.child.texts == {slot("a"): "fast", slot("b"): "fast", slot("c"): "start"}
    assert child.spend.rollouts == 0
    assert ledger.spent.rollouts == 5  # the start on three tasks, and two improvements on one each


def test_prompts_are_merged_on_a_sample_of_the_tasks() -> None:
    tasks = tuple(task(f"t{i}") for i in range(9))
    pool = grown(
        PROMPTS,
        (prompts("P", "C"), (), {t.id: 1.0 for t in tasks}),
        (prompts("P1", "C"), (0,), {t.id: 2.0 if i < 4 else 1.0 for i, t in enumerate(tasks)}),
        (prompts("P", "C1"), (0,), {t.id: 2.0 if i > 5 else 1.0 for i, t in enumerate(tasks)}),
    )
    offered = Merge(tasks, cover).propose(pool, Random(0))
    assert isinstance(offered, Proposal)
    places = [int(t.id[1:]) for t in offered.gate]
    assert len(places) == 5
    assert [sum(p < 4 for p in places), sum(p > 5 for p in places), sum(4 <= p <= 5 for p in places)] == [2, 2, 1]


def test_with_few_tasks_in_common_each_is_met_once() -> None:
    assert subsample({"a": 1.0, "b": 0.0, "c": 1.0}, {"a": 0.0, "b": 1.0}, Random(0)) == ("a", "b")


def test_only_the_first_step_of_a_round_merges() -> None:
    assert isinstance(Merge((A, B), cover).propose(TWO_LINEAGES.beside(1), Random(0)), NoProposal)


def test_a_merge_that_is_due_comes_before_the_turn_of_others() -> None:
    first = MergeFirst(Merge((A, B), cover), Improve())
    assert isinstance(first.propose(TWO_LINEAGES, Random(0)), Proposal)
    assert first.propose(TWO_LINEAGES.beside(1), Random(0)) == NoProposal("done", 0)
    assert first.name == "improve"
