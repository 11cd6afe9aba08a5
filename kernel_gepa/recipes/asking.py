"""The language models of a run, each with everything around it: what was answered before is not asked again, every
request is in the book before it is sent, and nothing is asked that the budget does not cover.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.backends.cache import users_folder
from kernel_gepa.discreet import secrets
from kernel_gepa.domain.budget import Ledger, Spend
from kernel_gepa.models.book import Asked, Book, Paid, total
from kernel_gepa.models.breaking import Breaking
from kernel_gepa.models.cached import Cached
from kernel_gepa.models.charged import Charged
from kernel_gepa.models.choose import choose
from kernel_gepa.models.limited import Limited, Limits
from kernel_gepa.models.metered import Metered
from kernel_gepa.models.mixed import Mixed, Share
from kernel_gepa.models.options import ModelOptions, tell
from kernel_gepa.models.recorded import Recorded, Replied
from kernel_gepa.models.redacted import Redacted
from kernel_gepa.models.retrying import Retrying
from kernel_gepa.models.tariff import Tariff
from kernel_gepa.ports import LanguageModel
from kernel_gepa.recipes.access import Access, voices
from kernel_gepa.recipes.tariffs import tariff_of
from kernel_gepa.recipes.wish import Header, Wish
from kernel_gepa.store import records
from kernel_gepa.store.cache import TextCache

REPLIES = "replies.sqlite"  # in the user's cache

Write = Callable[[str, object], None]


@dataclass(frozen=True, slots=True)
class Note:
    """What a user was told while a model was asked."""

    text: str


def paid(recorded: records.Recorded) -> Spend:
    """What the models of a run have been paid, with the most for what a kill has left open."""
    return total(recorded.facts(records.ASKED, Asked), recorded.facts(records.PAID, Paid))


class Models:
    """One per run. A model that several parts share is one model, with one limit and one count of failures."""

    def __init__(self, header: Header, folder: Path, recorded: records.Recorded, ledger: Ledger, write: Write) -> None:
        self._header = header
        self._folder = folder
        self._replies = recorded.facts(records.REPLY, Replied)
        self._ledger = ledger
        self._write = write
        asked = recorded.facts(records.ASKED, Asked)
        self._book = Book(self._entered, first=1 + max((a.number for a in asked), default=-1))
        self._made: dict[str, LanguageModel] = {}
        self._meters: list[Metered] = []
        self._unpriced_before = 0

    def part(self, name: str) -> LanguageModel | None:
        """The model for one part of the run, or the one for all; None when the run is to do without one."""
        wish = self._header.wish
        words = wish.access.parts.get(name, wish.model)
        if words is None:
            return None
        shares = [Share(self._model(voice.spec), voice.weight) for voice in voices(words)]
        return shares[0].model if len(shares) == 1 else Mixed(shares)

    @property
    def unpriced_calls(self) -> int:
        return self._unpriced_before + sum(meter.unpriced_calls for meter in self._meters)

    def _model(self, spec: str) -> LanguageModel:
        if spec not in self._made:
            self._made[spec] = self._wrapped(spec)
        return self._made[spec]

    def _wrapped(self, spec: str) -> LanguageModel:
        wish = self._header.wish
        access, tariff = wish.access, self._tariff(spec)
        options = options_of(wish, tariff, run=self._folder, say=self._say)
        name = choose(spec, options).name
        before = [r for r in self._replies if r.question.model == name]
        self._unpriced_before += sum(not tariff.knows(r.reply) for r in before)
        model = choose(spec, options_of(wish, tariff, run=self._folder, say=self._say, answered=len(before)))
        meter = Metered(
            Redacted(model, secrets(os.environ, access.secret_variables)), self._ledger, tariff, book=self._book
        )
        self._meters.append(meter)
        limits = Limits(access.in_flight, access.requests_per_minute, access.tokens_per_minute)
        asked: LanguageModel = Breaking(Retrying(Limited(meter, limits)))
        if access.cache:
            asked = Cached(
                asked, TextCache(users_folder() / REPLIES), asked=repr((wish.api_base, _sent(access, tariff)))
            )
        remembered = Recorded(
            asked,
            replies={r.question: r.reply for r in before},
            on_fact=lambda replied: self._write(records.REPLY, replied),
        )
        return Charged(remembered, self._ledger, tariff)

    def _tariff(self, spec: str) -> Tariff:
        wish = self._header.wish
        known = self._header.tariffs.get(spec)
        return known or tariff_of(spec, wish.access, wish.budget, api_base=wish.api_base)

    def _entered(self, fact: Asked | Paid) -> None:
        self._write(records.ASKED if isinstance(fact, Asked) else records.PAID, fact)

    def _say(self, text: str) -> None:
        tell(text)
        self._write(records.NOTE, Note(text))


def options_of(
    wish: Wish, tariff: Tariff, *, run: Path, say: Callable[[str], None] = tell, answered: int = 0
) -> ModelOptions:
    access = wish.access
    return ModelOptions(
        api_base=wish.api_base,
        timeout_s=access.timeout_s,
        temperature=access.temperature,
        max_tokens=tariff.reply_tokens,
        reasoning_effort=access.reasoning_effort,
        environment=access.environment,
        key_variable=access.key_variable,
        answered=answered,
        run=run,
        say=say,
    )


def _sent(access: Access, tariff: Tariff) -> Mapping[str, object]:
    """What decides a reply beside the prompt and the model."""
    return {
        "temperature": access.temperature,
        "reasoning_effort": access.reasoning_effort,
        "reply_tokens": tariff.reply_tokens,
    }
