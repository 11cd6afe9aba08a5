"""Build flags: the `// build:` line, which the backend reads from the comments at the top of a kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kernel_gepa.proposers.transform.source import Rewrite, Source

# Best first, as measured: docs/decisions/0003-rewrites-and-their-priors.md.
OFFERS = (
    "-ffast-math",
    "-ffast-math -mprefer-vector-width=512",
    "-fno-math-errno -fno-trapping-math",
    "-mprefer-vector-width=512",
    "-funroll-loops",
)
LINE = re.compile(r"^\s*//\s*build:(?P<flags>[^\n/]*)(?P<rest>//[^\n]*)?$", re.MULTILINE)


def flags(source: Source) -> Iterator[Rewrite]:
    """Adds flags to what the kernel asks for. A line with choices of its own is left to `tune`."""
    line = build_line(source.text)
    if line is None:
        for offer in OFFERS:
            yield Rewrite(f"flags({offer})", f"// build: {offer}\n{source.text}")
        return
    present = line["flags"].split()
    if line["rest"]:
        return
    for offer in OFFERS:
        new = [flag for flag in offer.split() if flag not in present]
        if new:
            text = f"// build: {' '.join(present + new)}"
            yield Rewrite(f"flags({' '.join(new)})", source.text[: line.start()] + text + source.text[line.end() :])


def build_line(text: str) -> re.Match[str] | None:
    """The build line, which stands before the first line of code."""
    found = LINE.search(text)
    above = text[: found.start()].splitlines() if found is not None else []
    return found if all(not line.strip() or line.lstrip().startswith("//") for line in above) else None
