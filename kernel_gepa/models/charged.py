"""Charges a step for the replies that it uses, whenever they were paid for."""

from __future__ import annotations

from kernel_gepa.domain.budget import Ledger
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.ports import LanguageModel, Reply


class Charged:
    """Put it outside of whatever remembers: a step that is taken again is then charged what it was charged."""

    def __init__(self, model: LanguageModel, ledger: Ledger, tariff: Tariff) -> None:
        self._model = model
        self._ledger = ledger
        self._tariff = tariff

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        reply = self._model.complete(prompt, sample=sample)
        self._ledger.charge(self._tariff.cost(prompt, reply))
        return reply
