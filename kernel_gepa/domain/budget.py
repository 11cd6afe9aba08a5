"""What a run may spend, and what it has spent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from threading import Condition
from typing import Any

from kernel_gepa.errors import BudgetSpent


@dataclass(frozen=True, slots=True)
class Spend:
    """A rollout is one run of the program on one task; an evaluation is one verdict of the bench.

    With kernels as candidates both counts move together; a re-measurement is an evaluation without a rollout. Device
    seconds are those in which a run had the device that it measures on for itself.
    """

    rollouts: int = 0
    evaluations: int = 0
    model_calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    wall_s: float = 0.0
    device_s: float = 0.0

    def __add__(self, other: Spend) -> Spend:
        return Spend(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: Spend) -> Spend:
        return Spend(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Budget:
    """Caps; None means no cap. A cap that is reached stops the run before the next step."""

    rollouts: int | None = None
    evaluations: int | None = None
    model_calls: int | None = None
    tokens: int | None = None
    usd: float | None = None
    wall_s: float | None = None
    device_s: float | None = None

    def exhausted(self, spend: Spend) -> str | None:
        """The sentence that says which cap was reached, or None."""
        for limit in fields(self):
            cap = getattr(self, limit.name)
            if cap is not None and getattr(spend, limit.name) >= cap:
                return f"the budget of {cap:g} {WORDS[limit.name]} is spent"
        return None


WORDS = {
    "rollouts": "rollouts",
    "evaluations": "evaluations",
    "model_calls": "model calls",
    "tokens": "tokens",
    "usd": "dollars",
    "wall_s": "seconds",
    "device_s": "device seconds",
}


class Ledger:
    """The running total. Charged where the spending happens, settled by the loop once per step.

    Steps that are taken side by side have a purse each, until their turn comes. `bought` are the keys of what earlier
    steps of a resumed run have paid for.

    Money is kept twice. A step is charged for the replies that it used, whenever they were paid for, so that a step
    that is taken again costs what it cost. What models were really paid, also for what failed or was lost, comes in
    through holds, and is what caps and reports go by. `paid` is what they had been paid before this process.
    """

    def __init__(
        self,
        budget: Budget,
        spent: Spend | None = None,
        *,
        bought: Collection[str] = (),
        paid: Spend | None = None,
    ) -> None:
        self.budget = budget
        self._settled = spent or Spend()
        self._open = Spend()
        self._purses: list[Purse] = []
        self._bought = set(bought)
        self._paid = paid or Spend()
        self._held: dict[int, Spend] = {}
        self._holds = 0
        self._lock = Condition()

    @property
    def spent(self) -> Spend:
        """What the steps were charged."""
        with self._lock:
            return sum((purse.total for purse in self._purses), self._settled + self._open)

    @property
    def paid(self) -> Spend:
        """The same, but of money what was really paid."""
        with self._lock:
            return replace(self.spent, model_calls=self._paid.model_calls, tokens=self._paid.tokens, usd=self._paid.usd)

    @property
    def exhausted(self) -> str | None:
        """The sentence that says which cap was reached, or None.

        Of money only where both counts say so: a step whose replies are paid for already may still be taken, and a
        reply that several steps use was paid for once.
        """
        spent, paid = self.spent, self.paid
        least = {f.name: min(getattr(spent, f.name), getattr(paid, f.name)) for f in fields(spent)}
        return self.budget.exhausted(Spend(**least))

    def charge(self, spend: Spend) -> None:
        with self._lock:
            purse = _PURSE.get()
            if purse is None:
                self._open += spend
            else:
                purse.put(spend)

    def owes(self, key: str) -> bool:
        """Whether the step in whose purse we are has to pay for what `key` addresses: no earlier step has."""
        with self._lock:
            purse = _PURSE.get()
            return key not in self._bought and (purse is None or key not in purse.bought)

    @contextmanager
    def buying(self, key: str) -> Iterator[None]:
        """What is charged inside is the price of what `key` addresses."""
        token = _KEY.set(key)
        try:
            yield
        finally:
            _KEY.reset(token)
        if _PURSE.get() is None:
            self._bought.add(key)

    def purses(self, count: int) -> list[Purse]:
        """So many purses, each with an equal share of what is left, so that together they cannot pass a cap.

        One alone needs no share: the caps hold it.
        """
        spent, paid, shares = self.spent, self.paid, dict[str, Any]()
        for limit in fields(self.budget) if count > 1 else ():
            cap = getattr(self.budget, limit.name)
            if cap is not None and limit.name not in COMMON:
                left = max(0, cap - max(getattr(spent, limit.name), getattr(paid, limit.name)))
                shares[limit.name] = left // count if isinstance(cap, int) else left / count
        opened = [Purse(Budget(**shares)) for _ in range(count)]
        self._purses += opened
        return opened

    def close(self, purse: Purse, *, book: bool = True) -> None:
        """Its step's turn has come: what it spent is charged, less what an earlier step has paid for since.

        With `book=False` the step is taken again, and its purse is forgotten.
        """
        with self._lock:
            self._purses.remove(purse)
            if book:
                for key in sorted(purse.bought.keys() - self._bought):
                    self._open += purse.bought[key]
                self._bought |= purse.bought.keys()
                self._open += purse.own

    def settle(self) -> Spend:
        """What was charged since the last call: the spend of one step.

        Counted from zero rather than as a difference of totals, so that a resumed run adds up the same floats.
        """
        with self._lock:
            step, self._open = self._open, Spend()
            self._settled += step
            return step

    def reserve(self, spend: Spend) -> None:
        """Raises BudgetSpent if paying `spend` would pass a cap. Asked before the work, so that no cap is overshot."""
        with self._lock:
            if purse := _PURSE.get():
                purse.refuse_beyond_share(spend)
            if refusal := self._refusal(spend, self.paid + self._in_flight()):
                raise BudgetSpent(refusal)

    def hold(self, most: Spend, *, all_that_is_left: tuple[str, ...] = ()) -> Hold:
        """Sets `most` aside for one piece of work; waits while it does not fit only because of other work in flight.

        Of the caps named in `all_that_is_left` it takes everything: for work whose cost has no bound, which is then
        alone. Raises BudgetSpent when it does not fit even if everything in flight costs nothing.
        """
        with self._lock:
            while refusal := self._refusal(most, self.paid + self._in_flight(), all_that_is_left):
                if not self._held or self._refusal(most, self.paid, all_that_is_left):
                    raise BudgetSpent(refusal)
                self._lock.wait()
            self._holds += 1
            self._held[self._holds] = self._with_all(most, all_that_is_left)
            return Hold(self, self._holds)

    def pay(self, hold: int, spend: Spend) -> None:
        """The end of a hold, which calls it."""
        with self._lock:
            if self._held.pop(hold, None) is not None:
                self._paid += spend
            self._lock.notify_all()

    def _in_flight(self) -> Spend:
        return sum(self._held.values(), Spend())

    def _with_all(self, most: Spend, names: tuple[str, ...]) -> Spend:
        so_far = self.paid + self._in_flight()
        taken = {f.name: getattr(most, f.name) for f in fields(most)}
        for name in names:
            cap = getattr(self.budget, name)
            if cap is not None:
                taken[name] = max(taken[name], cap - getattr(so_far, name))
        return Spend(**taken)

    def _refusal(self, most: Spend, so_far: Spend, names: tuple[str, ...] = ()) -> str | None:
        """The sentence that says which cap `most` does not fit under, or None."""
        would_be = so_far + most
        for limit in fields(self.budget):
            cap, needed = getattr(self.budget, limit.name), getattr(most, limit.name)
            if cap is None or not (needed > 0 or limit.name in names):
                continue
            left = max(0, cap - getattr(so_far, limit.name))
            if left <= 0:
                return f"the budget of {cap:g} {WORDS[limit.name]} is spent"
            if getattr(would_be, limit.name) > cap:
                return f"the next work needs {needed:g} {WORDS[limit.name]}; {left:g} of {cap:g} are left"
        return None

    @property
    def left(self) -> int | None:
        """Rollouts that are left, or None without a cap."""
        return None if self.budget.rollouts is None else max(0, self.budget.rollouts - self.spent.rollouts)


class Hold:
    """What was set aside for one piece of work, until it is told what that has cost. Telling twice does nothing."""

    def __init__(self, ledger: Ledger, number: int) -> None:
        self._ledger, self._number = ledger, number

    def pay(self, spend: Spend) -> None:
        self._ledger.pay(self._number, spend)


COMMON = ("wall_s", "device_s")  # steps side by side do not share them out: they pass for all of them


@dataclass(eq=False)
class Purse:
    """The spending of one of several steps that are taken side by side. `share` is the most that it may be.

    Who of several threads buys an evaluation first is chance. So that the price of a step is not, a purse notes by its
    key whatever its step asked for and nobody had paid when the round began; what several steps asked for is paid by
    the earliest of them. `own` is what has no key, such as a call of the reflecting model.
    """

    share: Budget
    own: Spend = Spend()
    bought: dict[str, Spend] = field(default_factory=dict)

    @property
    def total(self) -> Spend:
        return sum(self.bought.values(), self.own)

    def put(self, spend: Spend) -> None:
        key = _KEY.get()
        if key is None:
            self.own += spend
        else:
            self.bought[key] = self.bought.get(key, Spend()) + spend

    def refuse_beyond_share(self, spend: Spend) -> None:
        """Raises BudgetSpent. The step is then taken again alone, with all that is left."""
        would_be = self.total + spend
        for limit in fields(self.share):
            cap = getattr(self.share, limit.name)
            if cap is not None and getattr(spend, limit.name) > 0 and getattr(would_be, limit.name) > cap:
                raise BudgetSpent(f"the step needs more than its share of {cap:g} {WORDS[limit.name]}")

    @contextmanager
    def spending(self) -> Iterator[None]:
        """What is charged inside goes into this purse. Another thread needs a copy of the context."""
        token = _PURSE.set(self)
        try:
            yield
        finally:
            _PURSE.reset(token)


_PURSE: ContextVar[Purse | None] = ContextVar("purse", default=None)
_KEY: ContextVar[str | None] = ContextVar("key", default=None)
