from __future__ import annotations

from hypothesis import given

from kernel_gepa.domain.candidate import CandidateId
from kernel_gepa.domain.evaluation import UNSOLVED
from kernel_gepa.domain.pool import Member, Pool
from kernel_gepa.search.dominance import Dominance
from kernel_gepa.search.pareto import cover, dominance
from kernel_gepa.testing.strategies import pools, score_tables
from kernel_gepa.testing.toys import admitted, evaluation, pool_of


def naive_cover(pool: Pool) -> list[CandidateId]:
    """As it is described: again and again, the weakest whose every cell somebody else holds too has to go."""
    left = {cell: set(h.estimates) for cell, h in pool.front.items()}
    order = sorted({w for row in left.values() for w in row}, key=lambda w: (pool.mean(w), -w))
    removed = True
    while removed:
        removed = False
        for who in order:
            mine = [row for row in left.values() if who in row]
            if mine and all(len(row) > 1 for row in mine):
                for row in mine:
                    row.discard(who)
                removed = True
                break
    return sorted({w for row in left.values() for w in row})


def naive_dominance(pool: Pool) -> list[CandidateId]:
    """As it is described, pair by pair."""
    holders = sorted({w for h in pool.front.values() for w in h.estimates})

    def value(member: Member, cell: tuple[str, str]) -> float | None:
        if cell[0] not in member.evaluations:
            return None
        return member.points.get(cell, -1.0)

    def dominates(x: Member, y: Member) -> bool:
        pairs = [(value(x, cell), value(y, cell)) for cell in pool.front]
        known = [(a, b) for a, b in pairs if b is not None]
        return all(a is not None and a >= b for a, b in known) and any(a is not None and a > b for a, b in known)

    members = [pool.members[w] for w in holders]
    return [y.id for y in members if not any(dominates(x, y) for x in members)]


def prefixes(pool: Pool) -> list[Pool]:
    """The pool as it was after each admission."""
    grown, found = Pool(pool.components), []
    for member in pool.members:
        grown = grown.apply(admitted(member.candidate.texts["text"], *member.evaluations.values()))
        found.append(grown)
    return found


@given(score_tables)
def test_cover_is_what_the_naive_rule_says_for_exact_scores(scores: list[list[float]]) -> None:
    pool = pool_of(scores)
    assert list(cover(pool)) == naive_cover(pool)


@given(pools())
def test_cover_is_what_the_naive_rule_says_with_noise_and_gaps(pool: Pool) -> None:
    assert list(cover(pool)) == naive_cover(pool)


@given(score_tables)
def test_dominance_is_what_the_definition_says_for_exact_scores(scores: list[list[float]]) -> None:
    pool = pool_of(scores)
    assert list(dominance(pool)) == naive_dominance(pool)


@given(pools())
def test_dominance_is_what_the_definition_says_with_noise_and_gaps(pool: Pool) -> None:
    assert list(dominance(pool)) == naive_dominance(pool)


@given(pools(), pools())
def test_what_dominance_remembers_never_shows_in_its_answers(one: Pool, other: Pool) -> None:
    rule = Dominance()
    for pool in (*prefixes(one), *prefixes(other), *prefixes(one)):
        assert rule(pool) == Dominance()(pool)


@given(pools())
def test_after_pruning_every_cell_still_has_a_holder(pool: Pool) -> None:
    for rule in (cover, dominance):
        kept = rule(pool)
        assert all(kept.keys() & h.estimates.keys() for h in pool.front.values())
        assert {w: sum(w in h.estimates for h in pool.front.values()) for w in kept} == dict(kept)


def test_of_equal_candidates_cover_keeps_the_earliest_and_dominance_all() -> None:
    pool = pool_of([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    assert list(cover(pool)) == [1]
    assert list(dominance(pool)) == [1, 2]


def test_two_may_cover_together_for_one_that_neither_dominates() -> None:
    pool = pool_of([[1.0, 1.0, 0.0, 0.0], [1.0, 0.4, 0.9, 0.9], [0.4, 1.0, 0.8, 1.0]])
    assert list(cover(pool)) == [1, 2]
    assert list(dominance(pool)) == [0, 1, 2]


def test_failing_a_task_that_others_solved_is_worse_than_any_speedup() -> None:
    pool = pool_of([])
    pool = pool.apply(admitted("a", evaluation("s", {"w": 2.0}), evaluation("t", {UNSOLVED: 0.3})))
    pool = pool.apply(admitted("b", evaluation("s", {"w": 2.0}), evaluation("t", {"w": 0.01})))
    assert list(dominance(pool)) == [1]
