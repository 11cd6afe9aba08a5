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
        self.uncounted_calls = 0  # replies without a number of tokens

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        with self._lock:
            self._refuse_when_spent()
            self._refuse_a_cap_that_cannot_be_kept()
            self._ledger.charge(Spend(model_calls=1))
        reply = self._model.complete(prompt, sample=sample)
        tokens = reply.tokens_in + reply.tokens_out
        with self._lock:
            self._ledger.charge(Spend(tokens=tokens, usd=reply.usd or 0.0))
            self.unpriced_calls += reply.usd is None
            self.uncounted_calls += tokens == 0
        return reply

    def _refuse_when_spent(self) -> None:
        # Rollouts and time are the loop's to watch: they must not end a step in the middle.
        budget = replace(self._ledger.budget, rollouts=None, wall_s=None)
        if spent := budget.exhausted(self._ledger.spent):
            raise BudgetSpent(f"{spent}; {self.name} was not asked again")

    def _refuse_a_cap_that_cannot_be_kept(self) -> None:
        """After the first reply, which is paid for and used: before it nobody knows what a model reports."""
        budget = self._ledger.budget
        if budget.model_calls is not None:
            return
        if self.uncounted_calls and budget.tokens is not None:
            raise UsageError(
                f"{self.name} does not count its tokens, so their cap cannot be kept; cap its calls as well"
            )
        if self.unpriced_calls and budget.usd is not None and budget.tokens is None:
            raise UsageError(
                f"{self.name} does not say what it costs, so the cap in dollars cannot be kept; "
                "cap its calls or tokens as well"
            )
