from __future__ import annotations

import pytest

from kernel_gepa.domain.budget import Budget, Ledger, Spend
from kernel_gepa.errors import BudgetSpent


def test_settling_hands_out_each_charge_once_and_keeps_the_total() -> None:
    ledger = Ledger(Budget())
    ledger.charge(Spend(rollouts=1))
    ledger.charge(Spend(usd=0.25))
    assert ledger.settle() == Spend(rollouts=1, usd=0.25)
    assert ledger.settle() == Spend()
    assert ledger.spent == Spend(rollouts=1, usd=0.25)


def test_the_spend_of_a_step_does_not_depend_on_what_was_spent_before() -> None:
    early, late = Ledger(Budget()), Ledger(Budget(), Spend(usd=1e9 / 3))
    for ledger in (early, late):
        ledger.charge(Spend(usd=0.1))
        ledger.charge(Spend(usd=0.2))
    assert early.settle() == late.settle()


def test_a_reservation_beyond_a_cap_is_refused_with_the_numbers() -> None:
    ledger = Ledger(Budget(rollouts=5))
    ledger.charge(Spend(rollouts=3))
    ledger.reserve(Spend(rollouts=2))
    with pytest.raises(BudgetSpent, match="needs 3 rollouts; 2 of 5 are left"):
        ledger.reserve(Spend(rollouts=3))


def test_what_costs_nothing_is_not_refused_by_a_cap_that_was_passed() -> None:
    ledger = Ledger(Budget(tokens=10, rollouts=5))
    ledger.charge(Spend(tokens=12))
    ledger.reserve(Spend(rollouts=1))
