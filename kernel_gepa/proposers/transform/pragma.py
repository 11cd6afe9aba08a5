"""Pragmas before a loop: vectorise it, spread it over threads, unroll it. No loop gets two."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_gepa.proposers.transform.loops import (
    Loop,
    as_loop,
    innermost,
    inserted_before,
    leaves,
    loops,
    plain,
    pragmas,
)
from kernel_gepa.proposers.transform.memory import shares
from kernel_gepa.proposers.transform.scalars import carried, reductions
from kernel_gepa.proposers.transform.source import Rewrite, Source, ancestors

UNROLL = "#pragma GCC unroll 4  // tune: 2, 4, 8, 16"


def simd(source: Source) -> Iterator[Rewrite]:
    """Innermost loops whose iterations are tied by nothing but sums and maxima: all of them, then each."""
    edits = []
    for loop in loops(source):
        folded = reductions(loop.body)
        if innermost(loop) and plain(loop) and not leaves(loop) and carried(loop.body) == set(folded):
            clauses = "".join(f" reduction({op}:{name})" for name, op in folded.items())
            edits.append((loop.var, inserted_before(source, loop.node, [f"#pragma omp simd{clauses}"])))
    if len(edits) > 1:
        yield Rewrite("simd(all)", source.edited(e for _, several in edits for e in several))
    for var, one in edits:
        yield Rewrite(f"simd({var})", source.edited(one))


def parallel(source: Source) -> Iterator[Rewrite]:
    """Outermost loops that change no variable and no buffer that they share between iterations."""
    for loop in loops(source):
        outermost = all(as_loop(a) is None for a in ancestors(loop.node))
        if outermost and not pragmas(loop.node) and not leaves(loop) and not carried(loop.body) and not shares(loop):
            yield _with_pragma(source, loop, "#pragma omp parallel for", "parallel")


def unroll(source: Source) -> Iterator[Rewrite]:
    """Innermost loops, by a factor that `tune` goes on with."""
    for loop in loops(source):
        if innermost(loop) and plain(loop):
            yield _with_pragma(source, loop, UNROLL, "unroll")


def _with_pragma(source: Source, loop: Loop, line: str, kind: str) -> Rewrite:
    return Rewrite(f"{kind}({loop.var})", source.edited(inserted_before(source, loop.node, [line])))
