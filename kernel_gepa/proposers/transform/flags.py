"""Build flags: the `// build:` line, which the backend reads from the comments at the top of a kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kernel_gepa.proposers.transform.source import Rewrite, Source

# What helps beside fast math, best first; fast math implies the first of them.
OFFERS = (
    "-fno-math-errno -fno-trapping-math",
    "-mprefer-vector-width=512",
    "-funroll-loops",
)
FAST = "-ffast-math"
LINE = re.compile(r"^\s*//\s*build:(?P<flags>[^\n/]*)(?P<rest>//[^\n]*)?$", re.MULTILINE)


def fast_math(source: Source) -> Iterator[Rewrite]:
    """Sums in any order and vector forms of the functions in <cmath>: by far the strongest single flag."""
    text = with_flags(source.text, [FAST])
    if text is not None:
        yield Rewrite("fast_math()", text)


def flags(source: Source) -> Iterator[Rewrite]:
    for offer in OFFERS:
        implied = offer.startswith("-fno-") and FAST in present(source.text)
        text = with_flags(source.text, offer.split())
        if text is not None and not implied:
            yield Rewrite(f"flags({offer})", text)


def present(text: str) -> list[str]:
    line = build_line(text)
    return line["flags"].split() if line is not None else []


def with_flags(text: str, wanted: list[str]) -> str | None:
    """The text asking for more flags; None when it asks for them all, or has choices of its own for `tune`."""
    line, before = build_line(text), present(text)
    new = [flag for flag in wanted if flag not in before]
    if not new or (line is not None and line["rest"]):
        return None
    asking = f"// build: {' '.join([*before, *new])}"
    return f"{asking}\n{text}" if line is None else text[: line.start()] + asking + text[line.end() :]


def build_line(text: str) -> re.Match[str] | None:
    """The build line, which stands before the first line of code."""
    found = LINE.search(text)
    above = text[: found.start()].splitlines() if found is not None else []
    return found if all(not line.strip() or line.lstrip().startswith("//") for line in above) else None
