"""Answers what was answered before, in this run or another, from a cache that is addressed by content."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Protocol

from kernel_gepa.models.recorded import question
from kernel_gepa.ports import LanguageModel, Reply


class Cache(Protocol):
    """Texts by key, shared by processes. Never raises: what it cannot keep is asked for again."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, text: str) -> None: ...


class Cached:
    """The key is the prompt, the model with what was asked of it, and the sample index: samples stay different.

    Only whole replies are kept: no failure, nothing that was cut off, nothing empty. A reply from the cache costs
    nothing, and says so.
    """

    def __init__(self, model: LanguageModel, cache: Cache, *, asked: str = "") -> None:
        self._model = model
        self._cache = cache
        self._asked = asked

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        content = question(prompt, model=self.name, sample=sample)
        key = f"{content.model} {self._asked} {content.sample} {content.prompt}"
        kept = self._cache.get(key)
        if kept is not None:
            return replace(Reply(**json.loads(kept)), cached=True)
        reply = self._model.complete(prompt, sample=sample)
        if reply.text.strip() and not reply.truncated:
            self._cache.put(key, json.dumps(asdict(reply)))
        return reply
