"""How the language models of a run are reached: which does what, at which price, and how hard it is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kernel_gepa.errors import UsageError

# Who in a run asks a model. What has no model of its own uses the one for all.
PARTS = ("reflect", "planner", "coder", "repairer")

# Between models that share a part: --model A --model '3*B'. A command may hold any other character.
AND = "\n"

_WEIGHTED = re.compile(r"(\d+(?:\.\d+)?)\*(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Access:
    """Nothing here is a secret: `environment` and `key_variable` are names of variables.

    `prices` are IN,OUT or MODEL=IN,OUT in dollars per million tokens. `reply_tokens` bounds every reply; without it
    replies are bounded only under a cap of tokens or dollars.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    prices: tuple[str, ...] = ()
    reply_tokens: int | None = None
    temperature: float | None = None
    reasoning_effort: str | None = None
    timeout_s: float = 600.0
    environment: tuple[str, ...] = ()
    key_variable: str = "OPENAI_API_KEY"
    in_flight: int = 8
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    cache: bool = False

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """Whatever they are called: their values are hidden, as those of variables that are named like keys."""
        return (*self.environment, self.key_variable)

    def price_of(self, spec: str) -> str | None:
        """What the user said about this model: by its name, or else for all."""
        own = {name: price for name, _, price in (words.rpartition("=") for words in self.prices)}
        return own.get(spec, own.get(""))


@dataclass(frozen=True, slots=True)
class Voice:
    """One model with its weight among those that share a part."""

    spec: str
    weight: float = 1.0


def voices(words: str) -> tuple[Voice, ...]:
    """`3*openai/gpt-5` is asked three times as often as `openai/gpt-5-mini` beside it."""
    return tuple(_voice(line.strip()) for line in words.split(AND) if line.strip())


def specs(model: str | None, access: Access) -> Iterator[str]:
    """Every model that a run may ask, once."""
    asked = [model, *access.parts.values()]
    yield from dict.fromkeys(voice.spec for words in asked if words for voice in voices(words))


def shown(words: str) -> str:
    return " and ".join(words.split(AND))


def _voice(words: str) -> Voice:
    weighted = _WEIGHTED.fullmatch(words)
    if weighted is None:
        return Voice(words)
    weight = float(weighted[1])
    if weight <= 0:
        raise UsageError(f"the model {words!r} has no weight; give it one above 0, or leave it out")
    return Voice(weighted[2].strip(), weight)
