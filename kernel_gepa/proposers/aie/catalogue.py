"""All rewrites of AIE kernels, and what is expected of each before a run has seen any."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_gepa.proposers.aie.vectorise import vectorise
from kernel_gepa.proposers.transform.restrict import restrict
from kernel_gepa.proposers.transform.source import Rewrite, Source

PRIORS = {"vectorise": 10.0, "restrict": 3.0}


def rewrites(text: str) -> tuple[Rewrite, ...]:
    """Everything that can be done to a text in one step. Knobs of vector code are for `tune`."""
    source = Source.parse(text)
    if source.root.has_error:
        return ()
    offered: dict[str, Rewrite] = {}
    for rewrite in _all(source):
        if rewrite.text != text:
            offered.setdefault(rewrite.text, rewrite)
    return tuple(offered.values())


def _all(source: Source) -> Iterator[Rewrite]:
    yield from vectorise(source)
    yield from restrict(source)
