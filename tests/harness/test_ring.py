"""The batches of a round: what a Python kernel returned is looked at and freed before anybody else's turn."""

from __future__ import annotations

from random import Random
from typing import cast

import numpy as np
import pytest

from kernel_gepa.domain.verdict import Mismatch
from kernel_gepa.harness import ring
from kernel_gepa.harness.clock import Lap
from kernel_gepa.harness.inputs import Bytes
from kernel_gepa.harness.records import Record
from kernel_gepa.harness.ring import Ring, one_round, renew
from kernel_gepa.harness.station import Station

LAP = Lap(cpu_s=1e-3, wall_s=1e-3, queued_s=0.0, idle_cpu_s=0.0)


class Inputs:
    def refresh(self) -> None:
        pass


class Told:
    """A station of a Python kernel that writes down what it is asked."""

    native, launches, slots = False, 2, 12

    def __init__(self, name: str, told: list[str]) -> None:
        self.name, self._told, self.inputs, self.held = name, told, Inputs(), set[int]()
        self.filled: list[tuple[int, int]] = []

    def lap(self, first: int, count: int) -> Lap:
        self.held |= set(range(first, first + count))
        self._told.append(f"{self.name} {count}")
        return LAP

    def release(self) -> None:
        self.held.clear()
        self._told.append(f"{self.name} released")

    def fill(self, first: int, count: int) -> None:
        self.filled.append((first, count))

    def snapshot(self, slot: int) -> Bytes:
        return [np.array([slot])]

    def outputs(self, slot: int) -> Bytes | str:
        return [np.array([slot])] if slot in self.held else "it is not there any more"


def a_round() -> tuple[list[str], list[tuple[int, Bytes | str]], Mismatch | None]:
    told: list[str] = []
    sides = [cast(Station, Told(name, told)) for name in ("ours", "theirs")]
    rings = [Ring(side, Random(3)) for side in sides]
    for side in rings:
        side.fill()
    records = {side: Record(side.launches) for side in sides}
    seen: list[tuple[int, Bytes | str]] = []

    def audit(station: Station, slot: int, before: Bytes, left: Bytes | str) -> Mismatch | None:
        seen.append((int(before[0][0]), left))
        return None

    told.clear()
    wrong = one_round(rings[0], rings[1], records, audit, Random(5))
    return told, seen, wrong


def test_each_batch_is_freed_before_the_next_one() -> None:
    told, _, _ = a_round()
    batches = [n for n, line in enumerate(told) if line.split()[1] in {"2", "4"}]
    assert len(batches) == 4
    assert all(told[n + 1] == f"{told[n].split()[0]} released" for n in batches)


def test_what_is_audited_is_what_the_batch_left_though_it_is_freed_by_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "AUDITED_SHARE", 1.1)
    _, seen, wrong = a_round()
    assert wrong is None
    assert len(seen) == 2
    assert all(not isinstance(left, str) and int(left[0][0]) == slot for slot, left in seen)


def test_every_window_is_filled_after_the_warm_up_and_only_the_used_one_between_rounds() -> None:
    sides = [Told(name, []) for name in ("ours", "theirs")]
    ours, theirs = (Ring(cast(Station, side), Random(3)) for side in sides)
    warm = [(0, 6)]
    assert sides[0].filled == warm
    for side in (ours, theirs):
        side.fill()
    assert sides[0].filled == sides[1].filled == [*warm, (0, 6), (6, 6)]
    renew(ours, theirs)
    assert sides[0].filled == sides[1].filled == [*warm, (0, 6), (6, 6), (0, 6)]
    assert ours.start == theirs.start == 6
