"""What a run may spend, and what it has spent."""

from __future__ import annotations

from dataclasses import dataclass, fields
from threading import Lock

from kernel_gepa.errors import BudgetSpent


@dataclass(frozen=True, slots=True)
class Spend:
    """A rollout is one run of the program on one task; an evaluation is one verdict of the bench.

    With kernels as candidates both counts move together; a re-measurement is an evaluation without a rollout.
    """

    rollouts: int = 0
    evaluations: int = 0
    model_calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    wall_s: float = 0.0

    def __add__(self, other: Spend) -> Spend:
        return Spend(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: Spend) -> Spend:
        return Spend(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Budget:
    """Caps; None means no cap. A cap that is reached stops the run before the next step."""

    rollouts: int | None = None
    model_calls: int | None = None
    tokens: int | None = None
    usd: float | None = None
    wall_s: float | None = None

    def exhausted(self, spend: Spend) -> str | None:
        """The sentence that says which cap was reached, or None."""
        for limit in fields(self):
            cap = getattr(self, limit.name)
            if cap is not None and getattr(spend, limit.name) >= cap:
                return f"the budget of {cap:g} {WORDS[limit.name]} is spent"
        return None


WORDS = {
    "rollouts": "rollouts",
    "model_calls": "model calls",
    "tokens": "tokens",
    "usd": "dollars",
    "wall_s": "seconds",
}


class Ledger:
    """The running total. Charged where the spending happens, settled by the loop once per step."""

    def __init__(self, budget: Budget, spent: Spend | None = None) -> None:
        self.budget = budget
        self._settled = spent or Spend()
        self._open = Spend()
        self._lock = Lock()

    @property
    def spent(self) -> Spend:
        return self._settled + self._open

    def charge(self, spend: Spend) -> None:
        with self._lock:
            self._open += spend

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
        would_be = self.spent + spend
        for limit in fields(self.budget):
            cap, needed = getattr(self.budget, limit.name), getattr(spend, limit.name)
            if cap is not None and needed > 0 and getattr(would_be, limit.name) > cap:
                left = max(0, cap - getattr(self.spent, limit.name))
                raise BudgetSpent(f"the next work needs {needed:g} {WORDS[limit.name]}; {left:g} of {cap:g} are left")

    @property
    def left(self) -> int | None:
        """Rollouts that are left, or None without a cap."""
        return None if self.budget.rollouts is None else max(0, self.budget.rollouts - self.spent.rollouts)
