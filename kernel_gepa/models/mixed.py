"""Several models by weight: which of them answers is decided by the question, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from kernel_gepa.models.recorded import question
from kernel_gepa.ports import LanguageModel, Reply


@dataclass(frozen=True, slots=True)
class Share:
    model: LanguageModel
    weight: float


class Mixed:
    """Neither the order nor the time of calls decides who is asked."""

    def __init__(self, shares: Sequence[Share]) -> None:
        self._shares = tuple(shares)
        self.name = "+".join(share.model.name for share in shares)

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        asked = question(prompt, model=self.name, sample=sample)
        rng = Random(f"{asked.prompt}:{asked.sample}")
        (share,) = rng.choices(self._shares, weights=[share.weight for share in self._shares])
        return share.model.complete(prompt, sample=sample)
