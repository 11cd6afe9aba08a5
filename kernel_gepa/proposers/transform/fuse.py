"""Fusion: two loops over the same range, one after the other, become one that reads its memory once."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from kernel_gepa.proposers.transform.loops import Loop, as_loop, body_lines, leaves, loops, plain
from kernel_gepa.proposers.transform.scalars import carried, declared
from kernel_gepa.proposers.transform.source import Edit, Rewrite, Source, braced, names


def fuse(source: Source) -> Iterator[Rewrite]:
    for first in loops(source):
        between, second = _next(first)
        if second is None or not plain(first) or not plain(second) or leaves(first) or leaves(second):
            continue
        if first.header() == second.header() and _apart(first, second, between):
            lines = [line for n in between for line in source.lines(n)]
            lines += braced(first.header(), [*body_lines(first), *body_lines(second)])
            joined = Edit(first.node.start_byte, second.node.end_byte, source.replaced(first.node, lines).text)
            yield Rewrite(f"fuse({first.var})", source.edited([joined]))


def _next(loop: Loop) -> tuple[list[Node], Loop | None]:
    """The loop that follows, with the declarations that stand between."""
    between: list[Node] = []
    below = loop.node.next_named_sibling
    while below is not None and below.type in {"declaration", "comment"}:
        between.append(below)
        below = below.next_named_sibling
    return between, as_loop(below) if below is not None else None


def _apart(first: Loop, second: Loop, between: list[Node]) -> bool:
    """No variable that one of them changes is of concern to the other, and no name is declared by both."""
    for one, other in ((first, second), (second, first)):
        if carried(one.body) & (names(other.body) | other.mentions):
            return False
    changed = carried(first.body)
    return not any(names(n) & changed for n in between) and not declared(first.body) & declared(second.body)
