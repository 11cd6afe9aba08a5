"""How models fail: the failure that names a time to come back, and messages that hold no secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from kernel_gepa.errors import ModelError

MESSAGE_CHARACTERS = 300
SHORTEST_SECRET = 6  # a shorter value is no key, and hiding it everywhere would garble the message

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)


class TryLater(ModelError):
    """A retryable failure; `after_s` is the time that the other side asked for, if it asked."""

    def __init__(self, message: str, *, after_s: float | None = None) -> None:
        super().__init__(message, retryable=True)
        self.after_s = after_s


def secrets(environment: Mapping[str, str], names: Iterable[str] = ()) -> tuple[str, ...]:
    """Values that must not be printed: those of variables named like keys, and those in `names`."""
    listed = frozenset(names)
    found = (value for name, value in environment.items() if name in listed or _SECRET_NAME.search(name))
    # The longest first: a secret that holds another one goes as a whole.
    return tuple(sorted((value for value in found if len(value) >= SHORTEST_SECRET), key=len, reverse=True))


def printable(text: str, hidden: Iterable[str] = ()) -> str:
    """One line for a message: secrets hidden, control characters gone, clipped."""
    for secret in hidden:
        text = text.replace(secret, "[hidden]")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MESSAGE_CHARACTERS else f"{line[:MESSAGE_CHARACTERS]} […]"
