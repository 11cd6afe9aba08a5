"""Knobs: values that a kernel declares as free, in a comment on their line. C++ and Python alike.

    constexpr int TILE = 32;  // tune: 8, 16, 32, 64        BLOCK = 64  # tune: 32, 64, 128
    #define UNROLL 4  // tune: 1, 2, 4, 8                   #pragma omp parallel for num_threads(1)  // tune: 1, 2
    // build: -O2  // tune: -O2 | -O3 | -O3 -ffast-math

The line is code, then `//` or `#`, then `tune:`, then at least two different choices. Choices are separated by
commas; where ` | ` occurs it separates them instead, so that a choice may hold commas and spaces. What the knob
turns is the first of these that the code is:

    // build: VALUE                        all flags
    #define NAME VALUE                     all that stands behind the name
    #pragma … (VALUE)   #pragma … VALUE    the last parenthesis, or else the last word
    … NAME [: type] = VALUE [; or ,]       what stands behind the last single `=`

A value need not be among its choices. Of knobs with one name, the second is called `NAME#2`. The configurations of a
Triton autotuner are a knob without a comment: autotune.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from kernel_gepa.errors import TaskError
from kernel_gepa.proposers.autotune import listed

MARK = re.compile(r"(//|#)[ \t]*tune:(?P<choices>.*)$")
PLACES = (
    re.compile(r"^\s*//\s*(?P<name>build):\s*(?P<value>[^\s/].*?)\s*$"),
    re.compile(r"^\s*#\s*define\s+(?P<name>\w+)\s+(?P<value>\S.*?)\s*$"),
    re.compile(r"^\s*#\s*pragma\s.*?(?P<name>\w+)\s*\((?P<value>[^()]*)\)[^()]*$"),
    re.compile(r"^\s*#\s*pragma\s.*?(?P<name>\w+)\s+(?P<value>\w+)\s*$"),
    re.compile(
        r"(?P<name>\w+)\s*(\[\s*\]\s*)?(:[^=]*)?(?<![=!<>+*/%&|^-])=(?!=)\s*(?P<value>[^=\s](?:[^=]*[^=\s;,])?)\s*[;,]?\s*$"
    ),
)


@dataclass(frozen=True, slots=True)
class Knob:
    """`start` and `end` enclose the value in the text."""

    name: str
    value: str
    choices: tuple[str, ...]
    start: int
    end: int

    def neighbours(self) -> tuple[str, ...]:
        """The choices beside the present one; all of them when the present one is not a choice."""
        if self.value not in self.choices:
            return self.choices
        place = self.choices.index(self.value)
        return self.choices[max(0, place - 1) : place] + self.choices[place + 1 : place + 2]


@dataclass(frozen=True, slots=True)
class Malformed:
    line: int
    problem: str


def knobs(text: str) -> tuple[Knob, ...]:
    """The knobs of a text; what is malformed is none. Use `check_knobs` on what the user wrote."""
    written = [found for found in _parsed(text) if isinstance(found, Knob)]
    lists = [Knob(f"configs of {a.function}", a.value, a.choices, a.start, a.end) for a in listed(text)]
    # Where somebody has put a comment into the list, its own knobs are the ones that were wanted.
    return (*written, *(a for a in lists if not any(a.start <= knob.start < a.end for knob in written)))


def check_knobs(text: str, where: str) -> None:
    """Raises TaskError for the first malformed knob. `where` is what to call the text: a file's name."""
    for found in _parsed(text):
        if isinstance(found, Malformed):
            raise TaskError(f"{where}, line {found.line}: {found.problem}")


def turned(text: str, setting: Mapping[Knob, str]) -> str:
    """The text with knobs at other values."""
    for knob in sorted(setting, key=lambda k: k.start, reverse=True):
        text = text[: knob.start] + setting[knob] + text[knob.end :]
    return text


def _parsed(text: str) -> Iterator[Knob | Malformed]:
    seen, offset = Counter[str](), 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        mark = MARK.search(line.rstrip("\r\n"))
        if mark is not None:
            found = _knob(line[: mark.start()], mark["choices"], offset)
            if isinstance(found, Knob):
                seen[found.name] += 1
                suffix = f"#{seen[found.name]}" if seen[found.name] > 1 else ""
                yield replace(found, name=found.name + suffix)
            else:
                yield Malformed(number, found)
        offset += len(line)


def _knob(code: str, after: str, offset: int) -> Knob | str:
    choices = tuple(part.strip() for part in (after.split(" | ") if " | " in after else after.split(",")))
    place = next((found for p in PLACES if (found := p.search(code)) is not None), None)
    if place is None:
        return "`tune:` stands behind no value; write it behind one, as in `constexpr int TILE = 32;  // tune: 16, 32`"
    name = place["name"]
    if not all(choices):
        return f"a choice of {name} is empty; write them as in `tune: 8, 16, 32`, or with ` | ` between them"
    if len(set(choices)) < len(choices):
        twice = next(c for c in choices if choices.count(c) > 1)
        return f"{name} has the choice {twice} twice; remove one"
    if len(choices) < 2:
        return f"{name} has one choice only, {choices[0]}; give at least two, or remove the comment"
    return Knob(name, place["value"], choices, offset + place.start("value"), offset + place.end("value"))
