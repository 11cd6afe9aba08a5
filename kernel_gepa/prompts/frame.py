"""Puts values into the fixed frames of this folder. A value is never read as a frame, whatever it contains."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_LONGEST_LINE = 400  # of a clipped text: a minified line or a dump of numbers must not push everything else out


def filled(name: str, values: Mapping[str, str]) -> str:
    """The frame `name`.md with a value in every `{{slot}}`. Raises KeyError unless slots and values are the same."""
    frame = _frame(name)
    slots = set(_SLOT.findall(frame))
    if slots != set(values):
        raise KeyError(f"the frame {name}.md has the slots {sorted(slots)}, not {sorted(values)}")
    # One pass: what a value contains is not looked at again.
    return _SLOT.sub(lambda slot: values[slot[1]], frame)


@cache
def _frame(name: str) -> str:
    return files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()


def fenced(text: str, language: str = "") -> str:
    """`text` in a fenced block whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "" if text.endswith("\n") else "\n"
    return f"{fence}{language}\n{text}{end}{fence}"


def clipped(text: str, most: int) -> str:
    """`text`, or its first and last lines in about `most` characters, saying how many lines were left out between."""
    if len(text) <= most:
        return text
    lines = [_shortened(line) for line in text.splitlines()]
    head = _fitting(lines, most * 2 // 3)
    tail = _fitting(lines[head:][::-1], most // 3)
    left_out = len(lines) - head - tail
    if not left_out:  # only long lines were too much
        return "\n".join(lines)
    noun = "line" if left_out == 1 else "lines"
    return "\n".join([*lines[:head], f"[… {left_out} {noun} left out …]", *lines[len(lines) - tail :]])


def _shortened(line: str) -> str:
    left_out = len(line) - _LONGEST_LINE
    return line if left_out <= 0 else f"{line[:_LONGEST_LINE]} [… {left_out} characters left out …]"


def _fitting(lines: list[str], most: int) -> int:
    """How many of the first lines fit into `most` characters."""
    for count, line in enumerate(lines):
        most -= len(line) + 1
        if most < 0:
            return count
    return len(lines)
