"""Tiling: the inner loop of a nest runs over one tile at a time, so that what the outer one re-reads stays near."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_gepa.proposers.transform.loops import Loop, body_lines, leaves, perfect_nests, plain
from kernel_gepa.proposers.transform.source import Rewrite, Source, braced
from kernel_gepa.proposers.transform.strips import Size, Strip, sized

SIZES = (8, 16, 32, 64, 128, 256)


def tile(source: Source) -> Iterator[Rewrite]:
    for outer, inner in perfect_nests(source):
        if plain(outer) and inner.step == outer.step == "1" and not leaves(inner):
            yield _one(source, outer, inner)
            yield _both(source, outer, inner)


def _one(source: Source, outer: Loop, inner: Loop) -> Rewrite:
    strip = Strip.of(source, inner, "TILE")
    nest = braced(outer.header(), braced(strip.clipped, body_lines(inner)))
    edit = source.replaced(outer.node, braced(strip.over_all, [strip.clip, *nest]))
    return Rewrite(f"tile({inner.var})", source.edited([sized(source, Size(strip.size, 64, SIZES)), edit]))


def _both(source: Source, outer: Loop, inner: Loop) -> Rewrite:
    rows, columns = Strip.of(source, outer, "TILE"), Strip.of(source, inner, "TILE")
    nest = braced(rows.clipped, braced(columns.clipped, body_lines(inner)))
    tiles = braced(rows.over_all, braced(columns.over_all, [rows.clip, columns.clip, *nest]))
    sizes = sized(source, Size(rows.size, 64, SIZES), Size(columns.size, 64, SIZES))
    return Rewrite(f"tile({outer.var}, {inner.var})", source.edited([sizes, source.replaced(outer.node, tiles)]))
