"""Charges what a model costs to the run's ledger, and refuses a call that the budget no longer covers."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from kernel_gepa.domain.budget import Ledger, Spend
from kernel_gepa.errors import BudgetSpent, UsageError
from kernel_gepa.ports import LanguageModel, Reply


class Metered:
    """Raises BudgetSpent before a call once the cap of model calls, tokens or dollars is reached.

    A call is charged before it is made, also when it fails: parallel calls cannot pass the cap together, and a dead
    provider cannot be asked for ever. Tokens and dollars are known only afterwards: the last call may go beyond.
    """

    def __init__(self, model: LanguageModel, ledger: Ledger) -> None:
        self._model = model
        self._ledger = ledger
        self._lock = Lock()
        self.unpriced_calls = 0  # replies without a price: shown as unpriced, never as free

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        with self._lock:
            self._refuse_when_spent()
            self._ledger.charge(Spend(model_calls=1))
        reply = self._model.complete(prompt, sample=sample)
        with self._lock:
            self._ledger.charge(Spend(tokens=reply.tokens_in + reply.tokens_out, usd=reply.usd or 0.0))
            self.unpriced_calls += reply.usd is None
        return reply

    def _refuse_when_spent(self) -> None:
        budget = self._ledger.budget
        # Rollouts and time are the loop's to watch: they must not end a step in the middle.
        spent = replace(budget, rollouts=None, wall_s=None).exhausted(self._ledger.spent)
        if spent:
            raise BudgetSpent(f"{spent}; {self.name} was not asked again")
        guarded = budget.tokens is not None or budget.model_calls is not None
        if self.unpriced_calls and budget.usd is not None and not guarded:
            raise UsageError(
                f"{self.name} does not say what it costs, so the cap of {budget.usd:g} dollars cannot be kept; "
                "cap its calls or tokens as well"
            )
