"""Interchange: the inner of two perfectly nested loops becomes the outer one."""

from __future__ import annotations

from collections.abc import Iterator

from kernel_gepa.proposers.transform.loops import Loop, leaves, perfect_nests, plain
from kernel_gepa.proposers.transform.memory import contiguous
from kernel_gepa.proposers.transform.source import Edit, Rewrite, Source, code


def interchange(source: Source) -> Iterator[Rewrite]:
    """Where the outer variable goes through memory in smaller steps than the inner one."""
    for outer, inner in perfect_nests(source):
        if plain(outer) and not leaves(inner) and contiguous(outer.var, inner.body) > contiguous(inner.var, inner.body):
            edits = [_headed(outer, inner), _headed(inner, outer)]
            yield Rewrite(f"interchange({outer.var}, {inner.var})", source.edited(edits))


def _headed(place: Loop, taken: Loop) -> Edit:
    """`place` runs over the range of `taken`."""
    closing = next(n for n in place.node.children if n.type == ")")
    header = code(taken.node)[: closing_offset(taken)]
    return Edit(place.node.start_byte, closing.end_byte, header)


def closing_offset(loop: Loop) -> int:
    """How many characters of the loop's text are its header."""
    closing = next(n for n in loop.node.children if n.type == ")")
    return len((loop.node.text or b"")[: closing.end_byte - loop.node.start_byte].decode())
