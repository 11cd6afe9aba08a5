"""What may be shown: texts without the values of keys, and without what a terminal would obey."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

MESSAGE_CHARACTERS = 300
SHORTEST_SECRET = 6  # a shorter value is no key, and hiding it everywhere would garble the message
HIDDEN = "[hidden]"

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)

# ECMA-48: control sequences, strings that a terminal swallows up to their end, and two-character escapes.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[PX^_\]][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|\x9b[0-?]*[@-~]"
)
_CONTROLS: dict[int, str | None] = {c: None for c in (*range(32), *range(127, 160)) if c not in (9, 10)}
# They turn the order of what is shown around, so that code reads as what it is not.
_CONTROLS |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_CONTROLS |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # halves of characters, which no stream can write


def secrets(environment: Mapping[str, str], names: Iterable[str] = ()) -> tuple[str, ...]:
    """Values that must not be printed: those of variables named like keys, and those in `names`."""
    listed = frozenset(names)
    values = (value for name, value in environment.items() if name in listed or _SECRET_NAME.search(name))
    found = {form for value in values for form in _forms(value)}
    # The longest first: a secret that holds another one goes as a whole.
    return tuple(sorted((value for value in found if len(value) >= SHORTEST_SECRET), key=len, reverse=True))


def _forms(value: str) -> tuple[str, ...]:
    """A value as it stands, and as messages quote it: without the line end of its file, or with one in two letters."""
    bare = value.strip()
    return value, bare, bare.encode("unicode_escape").decode()


def without(text: str, hidden: Iterable[str]) -> str:
    """The text with every secret hidden."""
    for secret in hidden:
        text = text.replace(secret, HIDDEN)
    return text


def plain(text: str) -> str:
    """The text for a terminal: lines and tabs stay, everything that a terminal would obey goes."""
    return _ESCAPES.sub("", text).translate(_CONTROLS)


def shown(text: str) -> str:
    """For the terminal, with the keys of this process's environment hidden: of a failure that nobody foresaw."""
    return plain(without(text, secrets(os.environ)))


def printable(text: str, hidden: Iterable[str] = ()) -> str:
    """One line for a message: secrets hidden, control characters gone, clipped."""
    text = without(text, hidden)
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MESSAGE_CHARACTERS else f"{line[:MESSAGE_CHARACTERS]} […]"
