"""The kinds of rewrites, and how much each is trusted before a run has said anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from kernel_gepa.proposers.transform.accumulators import accumulators
from kernel_gepa.proposers.transform.block import block, blocks
from kernel_gepa.proposers.transform.clip import clip
from kernel_gepa.proposers.transform.expand import expand
from kernel_gepa.proposers.transform.flags import fast_math, flags
from kernel_gepa.proposers.transform.floats import floats
from kernel_gepa.proposers.transform.fuse import fuse
from kernel_gepa.proposers.transform.interchange import interchange
from kernel_gepa.proposers.transform.invariant import hoist, reciprocal
from kernel_gepa.proposers.transform.jam import jam
from kernel_gepa.proposers.transform.pragma import parallel, simd, unroll
from kernel_gepa.proposers.transform.restrict import restrict
from kernel_gepa.proposers.transform.source import Rewrite, Source
from kernel_gepa.proposers.transform.tile import tile


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to rewrite. `prior` is its weight in the draw; the rewrites of a kind share it."""

    rewrites: Callable[[Source], Iterator[Rewrite]]
    prior: float

    @property
    def name(self) -> str:
        return self.rewrites.__name__


def clipped(source: Source) -> Iterator[Rewrite]:
    """Expansion and the clipping of what it made the inner loop: the first alone is slower than doing nothing."""
    for first in expand(source):
        for second in clip(Source.parse(first.text)):
            yield Rewrite(first.name.replace("expand", "clipped"), second.text)


# Measured one step at a time on plain kernels: docs/decisions/0003-rewrites-and-their-priors.md.
KINDS = (
    Kind(fast_math, 10.0),
    Kind(blocks, 10.0),
    Kind(clipped, 8.0),
    Kind(block, 5.0),
    Kind(expand, 2.0),
    Kind(floats, 4.0),
    Kind(restrict, 3.0),
    Kind(accumulators, 2.0),
    Kind(simd, 2.0),
    Kind(interchange, 2.0),
    Kind(jam, 1.0),
    Kind(clip, 0.5),
    Kind(fuse, 0.5),
    Kind(reciprocal, 0.5),
    Kind(hoist, 0.5),
    Kind(flags, 0.5),
    Kind(unroll, 0.5),
    Kind(tile, 0.5),
    Kind(parallel, 0.25),
)
PRIORS = {kind.name: kind.prior for kind in KINDS}


def rewrites(text: str) -> tuple[Rewrite, ...]:
    """Everything that can be done to a text in one step. Text that the parser does not understand has nothing."""
    source = Source.parse(text)
    if source.root.has_error:
        return ()
    offered: dict[str, Rewrite] = {}
    seen = Counter[str]()
    for rewrite in (r for kind in KINDS for r in kind.rewrites(source)):
        seen[rewrite.name] += 1
        if rewrite.text != text:
            offered.setdefault(rewrite.text, _numbered(rewrite, seen[rewrite.name]))
    return tuple(offered.values())


def _numbered(rewrite: Rewrite, number: int) -> Rewrite:
    """Loops of one function often share a variable's name: the second `simd(j)` is `simd(j#2)`."""
    return rewrite if number == 1 else replace(rewrite, name=f"{rewrite.name.removesuffix(')')}#{number})")
