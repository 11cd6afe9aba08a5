"""What an agent hears when its run breaks, and when it hands in what no kernel can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kernel_gepa.domain.budget import Budget, Ledger
from kernel_gepa.domain.events import Event
from kernel_gepa.errors import InfrastructureError, SandboxError, UsageError
from kernel_gepa.recipes.served import Served
from kernel_gepa.recipes.wish import Wish
from kernel_gepa.testing.toys import admitted, evaluation, task


@dataclass
class Breaking:
    """A run whose sandbox breaks at the first proposal."""

    folder: Path = Path("run")
    stopped: str = ""
    header: Any = field(default_factory=lambda: SimpleNamespace(tasks=(task("t"),), wish=Wish(("t.py",)), entries=()))
    events: list[Event] = field(default_factory=lambda: [admitted("text", evaluation("t", {"w": 1.0}))])
    ledger: Ledger = field(default_factory=lambda: Ledger(Budget(rollouts=9)))

    def search(self, hand: object) -> Iterator[Event]:
        raise SandboxError("the docker daemon is gone")
        yield


@pytest.fixture
def served() -> Served:
    return Served(cast("Any", Breaking()))


def test_a_search_that_broke_is_not_told_as_one_that_ended(served: Served) -> None:
    with pytest.raises(SandboxError, match="daemon is gone"):
        served.evaluate("void f() {}")
    with pytest.raises(InfrastructureError, match="kernel-gepa serve run"):  # and not "the run has ended"
        served.evaluate("void g() {}")


@pytest.mark.parametrize("source", ["", "  \n", "int x = '\ud800';"])
def test_what_no_file_can_hold_is_refused_before_it_costs_anything(served: Served, source: str) -> None:
    with pytest.raises(UsageError, match="source"):
        served.evaluate(source)
