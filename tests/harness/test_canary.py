"""Whether the processor is ours alone: told by our own work."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_gepa.harness import canary
from kernel_gepa.harness.canary import TOLERATED, Canary
from kernel_gepa.harness.measure import quietest


class Timed(Canary):
    """Takes as long as it is told."""

    def __init__(self, *seconds: float, best_s: float | None = None) -> None:
        self._seconds = iter(seconds)
        super().__init__(best_s)

    def _work(self) -> float:
        return next(self._seconds)


def test_what_takes_as_long_as_ever_is_undisturbed() -> None:
    assert Timed(1.0, 1.0, 1.0, 1.05).disturbance() <= TOLERATED


def test_a_neighbour_is_seen() -> None:
    assert Timed(1.0, 1.0, 1.2, 1.15).disturbance() == pytest.approx(0.15)


def test_of_two_tries_the_better_counts() -> None:
    """The first one finds its code in no cache."""
    assert Timed(1.5, 1.0, 1.6, 1.0).disturbance() == 0


def test_a_machine_that_was_never_alone_is_held_against_what_is_remembered() -> None:
    assert Timed(1.2, 1.2, 1.2, 1.2, best_s=1.0).disturbance() > TOLERATED
    assert Timed(1.2, 1.2, 1.2, 1.2).disturbance() == 0


def test_the_best_is_remembered_for_the_next_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    canary.canary.cache_clear()
    first = canary.canary()
    first.lately_s = 1e-9
    canary.remember()
    canary.canary.cache_clear()
    assert canary.canary().best_s == 1e-9
    assert canary.canary().disturbance() > 1
    canary.remember()  # it counts a little less with every bench that has not seen the like
    canary.canary.cache_clear()
    assert canary.canary().best_s == pytest.approx(canary.FADING * 1e-9)
    canary.canary.cache_clear()


def test_what_was_remembered_and_cannot_be_read_is_measured_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    canary.remembered_in().parent.mkdir(parents=True)
    for content in ("", "[]", '{"x": 1}', "\x00"):
        canary.remembered_in().write_text(content)
        canary.canary.cache_clear()
        assert 0 < canary.canary().best_s < 1
    canary.canary.cache_clear()


def test_the_work_is_real_and_short() -> None:
    best = Canary().best_s
    assert best > 0


def test_rounds_alone_on_the_core_count_and_no_others() -> None:
    assert quietest([0.0, 0.2, 0.05, 0.3, 0.1], 2) == [True, False, True, False, True]


def test_where_hardly_a_round_was_alone_the_quietest_count() -> None:
    assert quietest([0.3, 0.2, 0.4, 0.25, 0.05], 2) == [False, True, False, False, True]
    assert sum(quietest([0.2 + n / 100 for n in range(40)], 7)) == 10
