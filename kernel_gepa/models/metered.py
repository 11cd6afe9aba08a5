"""Pays for a model from the run's ledger, and refuses a call that the budget no longer covers."""

from __future__ import annotations

import re
from dataclasses import replace
from threading import Lock

from kernel_gepa.domain.budget import Hold, Ledger, Spend
from kernel_gepa.errors import BudgetSpent, ModelError, UsageError
from kernel_gepa.models.book import Asked, Book, Paid
from kernel_gepa.models.failure import TryLater
from kernel_gepa.models.tariff import GIVEN, Tariff
from kernel_gepa.ports import LanguageModel, Reply


class Metered:
    """One request is one entry in the book: put retries outside. Raises BudgetSpent before a call that may pass a cap.

    The most that a call can cost is set aside before it is made, so that parallel calls cannot pass a cap together.
    A call that waits for others in flight to be cheaper than feared waits here. A request that fails without an
    answer may have been billed: it counts with the most that it can have cost. Without a bound (a program that says
    what it cost when it is done) calls are made one at a time, and the last one may go beyond.
    """

    def __init__(self, model: LanguageModel, ledger: Ledger, tariff: Tariff | None = None, *, book: Book | None = None):
        self._model = model
        self._ledger = ledger
        self._tariff = tariff or Tariff(afterwards=True)
        self._book = book or Book(_nowhere)
        self._lock = Lock()
        self._dearest = Spend()
        self.unpriced_calls = 0  # replies without a price: shown as unpriced, never as free
        self.uncounted_calls = 0  # replies without a number of tokens

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        self._refuse_a_cap_that_cannot_be_kept()
        most, unbounded = self._tariff.most(prompt), self._tariff.unbounded
        if unbounded:  # nobody knows; the dearest call so far is an estimate, and only a kill ever needs it
            most = _larger(most, self._dearest)
        hold = self._held(most, unbounded)
        try:
            number = self._book.ask(self.name, most)
        except BaseException:
            hold.pay(Spend())
            raise
        try:
            reply = self._model.complete(prompt, sample=sample)
        except BaseException as error:
            self._pay(number, hold, self._cost_of_failure(error, prompt, most))
            raise
        spend = self._tariff.cost(prompt, reply)
        if self._tariff.knows(reply):  # whoever reads the recording later need not know the tariff
            reply = replace(reply, usd=spend.usd)
        self._pay(number, hold, spend)
        with self._lock:
            self._dearest = _larger(self._dearest, spend)
            self.unpriced_calls += not self._tariff.knows(reply)
            self.uncounted_calls += reply.tokens_in + reply.tokens_out == 0
        self._refuse_another_model(reply)
        return reply

    def _held(self, most: Spend, unbounded: tuple[str, ...]) -> Hold:
        try:
            if unbounded:  # what it needs is not known: it starts while there is anything left
                return self._ledger.hold(Spend(model_calls=1), all_that_is_left=unbounded)
            return self._ledger.hold(most)
        except BudgetSpent as spent:
            raise BudgetSpent(f"{spent}; {self.name} was not asked again") from spent

    def _pay(self, number: int, hold: Hold, spend: Spend) -> None:
        try:
            self._book.pay(number, spend)
        finally:
            hold.pay(spend)

    def _cost_of_failure(self, error: BaseException, prompt: str, most: Spend) -> Spend:
        if isinstance(error, TryLater) and error.reply is not None:
            return self._tariff.cost(prompt, error.reply)
        if isinstance(error, UsageError) or (isinstance(error, ModelError) and error.free):
            return Spend(model_calls=1)
        return most

    def _refuse_a_cap_that_cannot_be_kept(self) -> None:
        """After the first reply, which is paid for and used: before it nobody knows what a program reports."""
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
                "cap its calls or tokens as well, or give its price"
            )

    def _refuse_another_model(self, reply: Reply) -> None:
        """A price from a list is that of the model in the list."""
        if not (self._tariff.priced and self._tariff.source != GIVEN and self._ledger.budget.usd is not None):
            return
        if reply.model is not None and not same(reply.model, self.name):
            raise ModelError(
                f"{self.name} was asked and {reply.model} answered, whose price is not known, so the cap in dollars "
                "cannot be kept; name that model, or give its price"
            )


def same(answered: str, asked: str) -> bool:
    """A dated or tagged name of the same model is the same model; so is one without its provider."""
    one, other = (name.rpartition("/")[2].removeprefix("openai:").lower() for name in (answered, asked))
    return one.startswith(other) and TAG.fullmatch(one[len(other) :]) is not None


TAG = re.compile(r"|[-:@](latest|v?\d[\w.-]*)")


def _nowhere(fact: Asked | Paid) -> None:
    """A book that nobody reads."""


def _larger(one: Spend, other: Spend) -> Spend:
    return Spend(model_calls=1, tokens=max(one.tokens, other.tokens), usd=max(one.usd, other.usd))
