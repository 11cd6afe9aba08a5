"""Blocking: several iterations of a loop at a time, each with accumulators of its own that fit in registers.

The body stays as it is written; every variable of it that lives across an inner loop becomes an array with one
element per iteration of the block, and the inner loops move outside:

    for j { s = 0; for k s += a[k] * b[k][j]; c[j] = s; }
    for j0 step BLOCK_J { for j s[j - j0] = 0; for k for j s[j - j0] += a[k] * b[k][j]; for j c[j] = s[j - j0]; }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from kernel_gepa.proposers.transform.loops import (
    Loop,
    as_loop,
    body_lines,
    inner_loops,
    innermost,
    leaves,
    loops,
    perfect_nests,
    plain,
    statements,
)  # fmt: skip
from kernel_gepa.proposers.transform.memory import gains, shares
from kernel_gepa.proposers.transform.precision import type_of
from kernel_gepa.proposers.transform.scalars import declarations, declared
from kernel_gepa.proposers.transform.source import Rewrite, Source, braced, child, code, names, substituted
from kernel_gepa.proposers.transform.strips import Size, Strip, sized

SIZES = (8, 16, 32, 64, 128)
ROWS = (1, 2, 4, 6, 8)


@dataclass(frozen=True, slots=True)
class Block:
    """The loops whose iterations are taken together, and what became an array for them."""

    source: Source
    strips: tuple[Strip, ...]
    arrays: dict[str, str]  # variable -> its element for the present iteration

    def lanes(self, lines: list[str]) -> list[str]:
        """Every iteration of the block does `lines`."""
        for strip in reversed(self.strips):
            lines = braced(strip.inside, lines)
        return lines


def blocks(source: Source) -> Iterator[Rewrite]:
    """Both loops of a nest: what one of them reads is used for all iterations of the other."""
    for outer, inner in perfect_nests(source):
        if plain(outer) and _possible(inner) and outer.step == "1" and not shares(outer):
            yield _rewritten(source, [outer, inner], inner, "blocks")


def block(source: Source) -> Iterator[Rewrite]:
    for loop in loops(source):
        if plain(loop) and _possible(loop):
            yield _rewritten(source, [loop], loop, "block")


def _possible(loop: Loop) -> bool:
    """Iterations can be taken together: nothing jumps out of them or is shared, and all have the same inner ranges."""
    nodes = inner_loops(loop.body)
    inside = [inner for n in nodes if (inner := as_loop(n)) is not None]
    if not inside or len(inside) < len(nodes) or leaves(loop) or loop.step != "1" or shares(loop):
        return False
    local = declared(loop.body) | {loop.var}
    same = all(n.mentions.isdisjoint(local) for n in inside)
    jumps = any(leaves(n, {"break_statement", "return_statement", "goto_statement"}) for n in inside)
    return same and not jumps and _worthwhile(loop, inside)


def _worthwhile(loop: Loop, inside: list[Loop]) -> bool:
    """Some plain variable lives across the inner loops, which read memory along the block."""
    crossing = _crossing(loop)
    simple = all(type_of(name, loop.body.children[-1]) not in {None, "auto"} for name in crossing)
    return bool(crossing) and simple and all(gains(loop, n) for n in inside if innermost(n))


def _rewritten(source: Source, around: list[Loop], inner: Loop, kind: str) -> Rewrite:
    strips = tuple(Strip.of(source, loop, "BLOCK") for loop in around)
    arrays = {name: name + "".join(s.lane for s in strips) for name in _crossing(inner)}
    whole = _spread(Block(source, strips, arrays), statements(inner.body))
    lines = _around(strips, whole, body_lines(inner))
    sizes = [Size(strips[-1].size, 32, SIZES)]
    if len(strips) > 1:
        sizes.insert(0, Size(strips[0].size, 4, ROWS))
    name = f"{kind}({', '.join(loop.var for loop in around)})"
    return Rewrite(name, source.edited([sized(source, *sizes), source.replaced(around[0].node, lines)]))


def _around(strips: tuple[Strip, ...], whole: list[str], body: list[str]) -> list[str]:
    """Whole blocks, and the loops as they were for what is left over on either side."""
    last = strips[-1]
    if len(strips) == 1:
        return [last.end, *braced(last.over, whole), *braced(last.rest, body)]
    rows = strips[0]
    beside = braced(rows.inside, braced(last.rest, body))
    below = braced(rows.rest, braced(last.loop.header(), body))
    return [rows.end, last.end, *braced(rows.over, [*braced(last.over, whole), *beside]), *below]


def _crossing(loop: Loop) -> set[str]:
    """Variables of the body that more than one of its pieces mentions: each iteration needs its own."""
    return _crossing_in(statements(loop.body))


def _crossing_in(body: list[Node]) -> set[str]:
    found, pieces = set[str](), _pieces(body)
    for number, piece in enumerate(pieces):
        later = set[str]().union(*(names(n) for p in pieces[number + 1 :] for n in p))
        found |= {name for node in piece if node.type == "declaration" for name in declared(node) if name in later}
        loop = as_loop(piece[0])
        if loop is not None and inner_loops(loop.body):
            found |= _crossing_in(statements(loop.body))
    return found


def _pieces(body: list[Node]) -> list[list[Node]]:
    """Loops alone, and the runs of other statements between them."""
    pieces: list[list[Node]] = []
    for node in body:
        if as_loop(node) is None and pieces and as_loop(pieces[-1][0]) is None:
            pieces[-1].append(node)
        else:
            pieces.append([node])
    return pieces


def _spread(block: Block, body: list[Node]) -> list[str]:
    lines: list[str] = []
    for piece in _pieces(body):
        loop = as_loop(piece[0])
        if loop is None:
            lines += _arrays(block, piece)
            lines += block.lanes([line for node in piece for line in _statement(block, node)])
        elif inner_loops(loop.body):
            lines += braced(loop.header(), _spread(block, statements(loop.body)))
        else:
            inside = [line for node in statements(loop.body) for line in _statement(block, node)]
            lines += braced(loop.header(), block.lanes(inside))
    return lines


def _arrays(block: Block, piece: list[Node]) -> list[str]:
    """The declarations of those variables that become arrays."""
    sizes = "".join(f"[{strip.size}]" for strip in block.strips)
    found = []
    for node in (n for n in piece if n.type == "declaration"):
        kind = child(node, "type")
        found += [
            f"{code(kind)} {n}{sizes};" for n, _, _ in declarations(node) if n in block.arrays and kind is not None
        ]
    return found


def _statement(block: Block, node: Node) -> list[str]:
    """A statement of one iteration; the declaration of an array becomes the setting of its element."""
    if node.type != "declaration" or not declared(node) & set(block.arrays):
        return substituted(block.source, node, block.arrays)
    lines = []
    for name, declarator, _ in declarations(node):
        value = child(declarator, "value")
        if value is not None:
            text = "\n".join(substituted(block.source, value, block.arrays))
            lines.append(f"{block.arrays.get(name, name)} = {text};")
    return lines
