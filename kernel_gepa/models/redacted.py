"""Keeps out of what a model says what may not go on: the values of keys, since a server can quote the request that it
was sent, and halves of characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kernel_gepa.discreet import without
from kernel_gepa.ports import LanguageModel, Reply

# A short value, such as a number of tokens, may rightly stand in a kernel; no key is that short.
LEAST_CHARACTERS = 16


class Redacted:
    """Put it next to the model: nothing behind it, journal and cache included, sees what was hidden."""

    def __init__(self, model: LanguageModel, hidden: Sequence[str]) -> None:
        self._model = model
        self._hidden = tuple(secret for secret in hidden if len(secret) >= LEAST_CHARACTERS)

    @property
    def name(self) -> str:
        return self._model.name

    def complete(self, prompt: str, *, sample: int = 0) -> Reply:
        reply = self._model.complete(prompt, sample=sample)
        whole = reply.text.encode("utf-8", "replace").decode()  # JSON can hold half a character, and no file can
        return replace(reply, text=without(whole, self._hidden))
