from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


# ---------------------------------------------------------------- steps side by side


def test_a_purse_is_booked_when_its_turn_comes_and_counts_before() -> None:
    ledger = Ledger(Budget(rollouts=10))
    one, two = ledger.purses(2)
    with two.spending():
        ledger.charge(Spend(rollouts=2))
    assert (ledger.settle(), ledger.spent) == (Spend(), Spend(rollouts=2))
    ledger.close(one)
    assert ledger.settle() == Spend()
    ledger.close(two)
    assert ledger.settle() == Spend(rollouts=2)
    assert ledger.spent == Spend(rollouts=2)


def test_what_two_steps_bought_is_paid_by_the_earlier_whoever_bought_it_first() -> None:
    ledger = Ledger(Budget(), bought=["old"])
    one, two = ledger.purses(2)
    for purse in (two, one):
        with purse.spending():
            assert ledger.owes("key")
            assert not ledger.owes("old")
            with ledger.buying("key"):
                ledger.charge(Spend(rollouts=1, model_calls=3))
            assert not ledger.owes("key")
    spends = []
    for purse in (one, two):
        ledger.close(purse)
        spends.append(ledger.settle())
    assert spends == [Spend(rollouts=1, model_calls=3), Spend()]
    assert not ledger.owes("key")


def test_each_purse_has_an_equal_share_of_what_is_left() -> None:
    ledger = Ledger(Budget(rollouts=12, usd=1.0, wall_s=60.0), Spend(rollouts=1, usd=0.2))
    shares = [purse.share for purse in ledger.purses(4)]
    assert shares == [Budget(rollouts=2, usd=0.2)] * 4  # time passes for all of them together
    one = Ledger(Budget(rollouts=12)).purses(1)
    assert one[0].share == Budget()


def test_a_step_beyond_its_share_is_refused_although_there_is_more() -> None:
    ledger = Ledger(Budget(rollouts=8))
    one, two = ledger.purses(2)
    with one.spending():
        ledger.charge(Spend(rollouts=3))
        ledger.reserve(Spend(rollouts=1))
        with pytest.raises(BudgetSpent, match="more than its share of 4 rollouts"):
            ledger.reserve(Spend(rollouts=2))
    ledger.close(one, book=False)
    (alone,) = ledger.purses(1)
    with two.spending():
        ledger.charge(Spend(rollouts=4))
    with alone.spending(), pytest.raises(BudgetSpent, match="needs 5 rollouts; 4 of 8 are left"):
        ledger.reserve(Spend(rollouts=5))


# ---------------------------------------------------------------- work in flight


def test_what_is_held_cannot_be_spent_by_anybody_else() -> None:
    ledger = Ledger(Budget(usd=1.0))
    hold = ledger.hold(Spend(usd=0.7))
    with pytest.raises(BudgetSpent):
        ledger.reserve(Spend(usd=0.4))
    assert ledger.paid == Spend()
    hold.pay(Spend(usd=0.1))
    ledger.reserve(Spend(usd=0.4))
    assert ledger.paid == Spend(usd=0.1)


def test_work_waits_for_work_in_flight_that_may_turn_out_cheaper() -> None:
    ledger = Ledger(Budget(usd=1.0))
    first = ledger.hold(Spend(usd=0.9))
    waiting = Thread(target=lambda: ledger.hold(Spend(usd=0.9)).pay(Spend(usd=0.2)))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    first.pay(Spend(usd=0.05))
    waiting.join(10)
    assert ledger.paid.usd == pytest.approx(0.25)


def test_work_that_waited_in_vain_is_refused() -> None:
    ledger = Ledger(Budget(usd=1.0))
    first = ledger.hold(Spend(usd=0.9))
    refused: list[BudgetSpent] = []

    def ask() -> None:
        try:
            ledger.hold(Spend(usd=0.9))
        except BudgetSpent as spent:
            refused.append(spent)

    waiting = Thread(target=ask)
    waiting.start()
    first.pay(Spend(usd=0.5))
    waiting.join(10)
    assert len(refused) == 1


def test_what_never_fits_is_refused_at_once_whatever_is_in_flight() -> None:
    ledger = Ledger(Budget(usd=1.0))
    ledger.hold(Spend(usd=0.1))
    with pytest.raises(BudgetSpent, match=r"needs 1\.5 dollars; 0\.9 of 1 are left"):
        ledger.hold(Spend(usd=1.5))


def test_a_hold_ends_once() -> None:
    ledger = Ledger(Budget())
    hold = ledger.hold(Spend(usd=1.0))
    hold.pay(Spend(usd=0.5))
    hold.pay(Spend(usd=0.5))
    assert ledger.paid == Spend(usd=0.5)


def test_what_was_paid_belongs_to_no_step_until_a_step_uses_it() -> None:
    ledger = Ledger(Budget(usd=1.0), paid=Spend(model_calls=3, usd=0.4))
    ledger.hold(Spend(usd=0.5)).pay(Spend(usd=0.5))
    assert ledger.settle() == Spend()
    assert ledger.paid == Spend(model_calls=3, usd=0.9)
    with pytest.raises(BudgetSpent):
        ledger.reserve(Spend(usd=0.2))


def test_a_step_whose_replies_are_paid_for_may_still_be_taken() -> None:
    ledger = Ledger(Budget(model_calls=2), Spend(model_calls=1), paid=Spend(model_calls=2))
    assert ledger.exhausted is None
    with pytest.raises(BudgetSpent):
        ledger.hold(Spend(model_calls=1))
    ledger.charge(Spend(model_calls=1))
    assert ledger.exhausted == "the budget of 2 model calls is spent"


def test_a_reply_that_several_steps_use_does_not_end_a_run_that_paid_for_it_once() -> None:
    ledger = Ledger(Budget(usd=1.0), Spend(usd=1.5), paid=Spend(usd=0.5))
    assert ledger.exhausted is None


@given(st.lists(st.tuples(st.floats(0.01, 0.5), st.floats(0, 1)), min_size=1, max_size=40))
def test_no_order_of_work_passes_a_cap(works: list[tuple[float, float]]) -> None:
    ledger = Ledger(Budget(usd=1.0))

    def work(most: float, share: float) -> None:
        try:
            hold = ledger.hold(Spend(usd=most))
        except BudgetSpent:
            return
        assert ledger.paid.usd <= 1.0 + 1e-9
        hold.pay(Spend(usd=most * share))

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, *each) for each in works]:
            done.result()
    assert ledger.paid.usd <= 1.0 + 1e-9
