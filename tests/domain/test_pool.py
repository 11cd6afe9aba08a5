from __future__ import annotations

from kernel_gepa.domain.candidate import Candidate, Component
from kernel_gepa.domain.evaluation import UNSOLVED
from kernel_gepa.domain.events import Admitted, Declined, Event, Passed
from kernel_gepa.domain.pool import Pool
from kernel_gepa.domain.timing import Estimate
from kernel_gepa.testing.toys import admitted, evaluation, pool_of


def child(text: str, *parents: int) -> Candidate:
    return Candidate({"text": text}, parents)


def fold(*events: Event, components: int = 3) -> Pool:
    pool = Pool(tuple(Component(f"c{i}", "") for i in range(components)))
    for event in (Admitted(child("seed"), (), ""), *events):
        pool = pool.apply(event)
    return pool


def test_a_pick_moves_the_pointer_whatever_came_of_it() -> None:
    assert fold(Passed("no idea", 0)).picks == {0: 1}
    assert fold(Declined(child("a", 0), (), "worse")).picks == {0: 1}
    assert fold(Passed("nobody to cross")).picks == {0: 0}
    assert fold(*[Passed("no idea", 0)] * 3).picks == {0: 0}


def test_a_child_starts_where_its_parents_have_got_to() -> None:
    pool = fold(
        Admitted(child("a", 0), (), ""),
        Passed("", 1),
        Admitted(child("b", 0), (), ""),
        Admitted(child("c", 0, 1), (), ""),
    )
    assert pool.picks == {0: 2, 1: 2, 2: 2, 3: 2}
    assert pool.turns == 3  # the child of two parents drew no minibatch


def test_the_fold_leaves_earlier_pools_as_they_were() -> None:
    before = pool_of([[1.0]])
    after = before.apply(admitted("better", evaluation("0", {"w": 2.0}), parents=(0,)))
    assert (len(before.members), len(after.members)) == (1, 2)
    assert list(before.front["0", "w"].estimates) == [0]
    assert before.picks == {0: 0}


def test_a_text_that_was_tried_is_known_with_what_became_of_it() -> None:
    pool = fold(Admitted(child("a", 0), (), ""), Declined(child("b", 0), (), "worse"), Declined(child("a", 0), (), ""))
    assert pool.fate(child("a", 1)) == "already candidate 1"
    assert pool.fate(child("b")) == "declined before"
    assert pool.fate(child("c")) is None


def test_the_best_known_kernel_may_come_from_a_declined_child() -> None:
    pool = pool_of([[1.0]]).apply(Declined(child("fast", 0), (evaluation("0", {"w": 3.0}),), "worse elsewhere"))
    assert pool.best_known["0"].score.value == 3.0
    assert [m.candidate.texts["text"] for m in pool.members] == ["text 0"]


def test_the_best_known_kernel_is_the_one_of_which_most_can_be_claimed() -> None:
    pool = pool_of([])
    for text, estimate in (("sure", Estimate(2.0, 1.9, 2.1)), ("lucky", Estimate(2.5, 1.2, 4.0))):
        pool = pool.apply(admitted(text, evaluation("t", {"w": estimate})))
    assert pool.best_known["t"].score.value == 2.0


def test_the_attempts_on_a_parent_are_the_latest_that_were_judged() -> None:
    seen = (evaluation("t", {UNSOLVED: 0.0}),)
    declined = [Declined(child(f"{i}", i % 2), seen if i < 9 else (), "worse") for i in range(10)]
    pool = fold(Admitted(child("one", 0), (), ""), *declined)
    assert [d.child.texts["text"] for d in pool.attempts(1, most=2)] == ["5", "7"]
    assert pool.attempts(0, most=99) == tuple(declined[0:9:2])


def test_a_mean_is_over_the_tasks_that_were_run() -> None:
    pool = pool_of([[0.0, 0.0], [1.0, None], [None, 1.0]])
    assert [pool.mean(who) for who in range(3)] == [0.0, 1.0, 1.0]
    assert pool.best() == 1


def test_where_a_child_was_not_run_its_better_parent_stands_in() -> None:
    pool = pool_of([[1.0, 4.0, 1.0], [1.0, 2.0, 3.0]])
    child = admitted("child", evaluation("0", {"w": 7.0}), parents=(0, 1))
    pool = pool.apply(child)
    assert pool.members[2].presumed == {"1": 4.0, "2": 3.0}
    assert pool.mean(2) == (7.0 + 4.0 + 3.0) / 3
    grandchild = pool.apply(admitted("grandchild", evaluation("1", {"w": 1.0}), parents=(2,)))
    assert grandchild.members[3].presumed == {"0": 7.0, "2": 3.0}


def test_a_record_is_doubtful_by_the_noise_of_both() -> None:
    pool = pool_of([]).apply(admitted("a", evaluation("t", {"w": Estimate(1.0, 0.9, 1.1)})))
    assert pool.doubt_of_record(("t", "w"), Estimate(1.5, 1.4, 1.6)) < 1e-6
    assert 0.1 < pool.doubt_of_record(("t", "w"), Estimate(1.05, 0.95, 1.15)) < 0.5
    assert pool.doubt_of_record(("elsewhere", "w"), Estimate.exact(9.0)) == 1.0
    unsolved = pool_of([]).apply(admitted("a", evaluation("t", {UNSOLVED: 0.2})))
    assert unsolved.doubt_of_record(("t", "w"), Estimate.exact(0.1)) == 0.0
    assert unsolved.doubt_of_record(("t", UNSOLVED), Estimate.exact(0.1)) == 1.0


def test_later_steps_of_a_round_see_the_components_and_minibatches_that_come_next() -> None:
    pool = fold(Admitted(child("a", 0), (), ""))
    assert pool.beside(0) is pool
    assert (pool.beside(2).turns, pool.beside(2).picks) == (pool.turns + 2, {0: 0, 1: 0})
    assert pool.beside(1).picks == {0: 2, 1: 2}
