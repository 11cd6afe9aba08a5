"""Unroll and jam: a few iterations of the outer loop are done together for each iteration of the inner one.

What the inner loop reads and writes at one place is then loaded and stored once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from kernel_gepa.proposers.transform.loops import body_lines, inner_loops, leaves, perfect_nests, plain
from kernel_gepa.proposers.transform.scalars import targets
from kernel_gepa.proposers.transform.source import Rewrite, Source, braced, names
from kernel_gepa.proposers.transform.strips import Size, Strip, sized


def jam(source: Source) -> Iterator[Rewrite]:
    for outer, inner in perfect_nests(source):
        if not plain(outer) or outer.step != "1" or inner_loops(inner.body) or leaves(inner):
            continue
        if not any(t.type == "subscript_expression" and outer.var not in names(t) for t in targets(inner.body)):
            continue
        strip = Strip.of(source, outer, "JAM")
        body = body_lines(inner)
        whole = braced(strip.over, braced(inner.header(), braced(strip.inside, body)))
        rest = braced(strip.rest, braced(inner.header(), body))
        edits = [
            sized(source, Size(strip.size, 4, (2, 4, 8))),
            source.replaced(outer.node, [strip.end, *whole, *rest]),
        ]
        yield Rewrite(f"jam({outer.var}, {inner.var})", source.edited(edits))
