"""A sweep's budget is dealt to the last rollout and never beyond it, however many work on it side by side."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.recipes.kernelbench.dealing import LEAST, dealt, side_by_side
from kernel_gepa.recipes.kernelbench.progress import Progress
from kernel_gepa.search.allocation import Standing


def pool(*keys: str) -> dict[str, Progress]:
    return {key: Progress(Standing(key)) for key in keys}


def spent(found: dict[str, Progress]) -> int:
    return sum(p.standing.rollouts for p in found.values())


class Searched:
    """Each share is spent to the end; `gains` say what every rollout of a problem brings."""

    def __init__(self, found: dict[str, Progress], gains: dict[str, float]) -> None:
        self._found, self._gains = found, gains
        self.caps: list[tuple[str, int]] = []

    def __call__(self, key: str, cap: int) -> Progress:
        self.caps.append((key, cap))
        return Progress(replace(Standing(key), rollouts=cap, gains=(self._gains.get(key, 0.0),) * (cap - 1)))


@given(st.integers(1, 5), st.integers(0, 40), st.integers(1, 4))
def test_the_budget_is_spent_and_not_overspent(problems: int, more: int, jobs: int) -> None:
    found = pool(*map(str, range(problems)))
    budget = LEAST * problems + more
    dealt(found, budget, Searched(found, {}), jobs=jobs)
    assert spent(found) == budget
    assert all(p.standing.rollouts >= LEAST for p in found.values())


def test_it_flows_to_whoever_moves() -> None:
    found = pool("still", "moving")
    dealt(found, 60, Searched(found, {"moving": 0.05}))
    assert found["moving"].standing.rollouts > 2 * found["still"].standing.rollouts


def test_who_has_nothing_left_to_try_gives_its_share_back() -> None:
    found = pool("short", "long")

    def advance(key: str, cap: int) -> Progress:
        return Progress(Standing(key, rollouts=min(cap, 2) if key == "short" else cap, ended=key == "short"))

    dealt(found, 20, advance)
    assert (found["short"].standing.rollouts, found["long"].standing.rollouts) == (2, 18)


def test_a_sweep_that_is_taken_up_again_deals_only_what_is_left() -> None:
    found = {"a": Progress(Standing("a", 7)), "b": Progress(Standing("b"))}
    searched = Searched(found, {})
    dealt(found, 12, searched)
    assert spent(found) == 12
    assert searched.caps[0] == ("b", LEAST)


def test_stopped_nothing_more_is_dealt() -> None:
    found = pool("a", "b")
    dealt(found, 20, Searched(found, {}), stopped=lambda: True)
    assert spent(found) == 0


def test_what_fails_is_raised_when_the_others_have_ended() -> None:
    found, ended = pool("bad", "good"), threading.Event()

    def advance(key: str, cap: int) -> Progress:
        if key == "bad":
            raise RuntimeError("the house is on fire")
        ended.set()
        return Progress(Standing(key, rollouts=cap))

    with pytest.raises(RuntimeError, match="on fire"):
        dealt(found, 8, advance, jobs=2)
    assert ended.is_set()


def test_work_side_by_side_is_all_done_and_failures_come_through() -> None:
    assert sorted(side_by_side(["a", "b", "c"], str.upper, 2)) == ["A", "B", "C"]
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(["a"], lambda key: 1 // 0, 1))
