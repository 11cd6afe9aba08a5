"""Expansion of an accumulator into the output: the loop around a reduction moves inside it.

The product `for j { s = 0; for k s += a[k] * b[k][j]; c[j] = s; }` reads a column of b with every step far from
the last. Accumulating in c itself lets j, which runs along the rows of both, become the inner loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from kernel_gepa.proposers.transform.loops import Loop, as_loop, leaves, loops, only_loop, plain, statements
from kernel_gepa.proposers.transform.memory import gains
from kernel_gepa.proposers.transform.scalars import carried, declared, reductions, targets
from kernel_gepa.proposers.transform.source import Rewrite, Source, braced, child, code, names, substituted


@dataclass(frozen=True, slots=True)
class Pattern:
    """`for loop { T scalar = initial; nest…{ body } place = value; rest… }`, where the body accumulates in `scalar`."""

    loop: Loop
    scalar: str
    initial: Node
    nest: tuple[Loop, ...]
    place: Node
    value: Node
    rest: tuple[Node, ...]


def expand(source: Source) -> Iterator[Rewrite]:
    for loop in loops(source):
        pattern = _pattern(loop)
        if pattern is not None:
            edit = source.replaced(loop.node, _expanded(source, pattern))
            yield Rewrite(f"expand({loop.var}, {pattern.nest[0].var})", source.edited([edit]))


def _expanded(source: Source, p: Pattern) -> list[str]:
    place, header = code(p.place), p.loop.header()
    lines = [] if code(p.initial) == place else braced(header, [f"{place} = {code(p.initial)};"])
    inner = [line for s in statements(p.nest[-1].body) for line in substituted(source, s, {p.scalar: place})]
    moved = braced(header, inner)
    for around in reversed(p.nest):
        moved = braced(around.header(), moved)
    final = [] if code(p.value) == p.scalar else [f"{place} = {code_with(source, p.value, p.scalar, place)};"]
    final += [line for s in p.rest for line in substituted(source, s, {p.scalar: place})]
    return [*lines, *moved, *(braced(header, final) if final else [])]


def code_with(source: Source, node: Node, name: str, new: str) -> str:
    return "\n".join(substituted(source, node, {name: new}))


def _pattern(loop: Loop) -> Pattern | None:
    inside = statements(loop.body)
    if len(inside) < 3 or not plain(loop) or leaves(loop):
        return None
    start, middle, end, *rest = inside
    scalar, initial = _declaration(start)
    nest, store = _nest(middle, loop), _assignment(end)
    if scalar is None or initial is None or not nest or store is None:
        return None
    place, value = child(store, "left"), child(store, "right")
    if place is None or value is None or not _possible(loop, nest, scalar, place):
        return None
    return Pattern(loop, scalar, initial, nest, place, value, tuple(rest))


def _declaration(node: Node) -> tuple[str | None, Node | None]:
    """`float s = 0.0f;` as the name and the value."""
    declarators = node.children_by_field_name("declarator")
    if node.type != "declaration" or len(declarators) != 1 or declarators[0].type != "init_declarator":
        return None, None
    name = child(declarators[0], "declarator")
    plain_name = name is not None and name.type == "identifier"
    return (code(name) if plain_name and name is not None else None), child(declarators[0], "value")


def _assignment(node: Node) -> Node | None:
    """`place = value;` with a plain `=`."""
    inside = node.named_children[0] if node.type == "expression_statement" and node.named_children else None
    if inside is None or inside.type != "assignment_expression" or code(inside.children[1]) != "=":
        return None
    return inside


def _nest(node: Node, around: Loop) -> tuple[Loop, ...]:
    """The perfect nest at a node, as deep as its ranges do not depend on the loop around it."""
    found: list[Loop] = []
    current = as_loop(node)
    while current is not None and around.var not in current.mentions and around.mentions.isdisjoint({current.var}):
        found.append(current)
        current = only_loop(current.body)
    return tuple(found)


def _possible(loop: Loop, nest: tuple[Loop, ...], scalar: str, place: Node) -> bool:
    """The body only accumulates in the scalar, and there is an element of its own to accumulate in."""
    body, base = nest[-1].body, child(place, "argument")
    if place.type != "subscript_expression" or base is None or loop.var not in names(place):
        return False
    if reductions(body) != {scalar: "+"} or carried(nest[0].body) != {scalar}:
        return False
    if (
        not gains(loop, nest[-1])
        or any(scalar in n.mentions for n in nest)
        or leaves(nest[-1], {"break_statement", "return_statement"})
    ):
        return False
    writes_memory = any(target.type == "subscript_expression" for target in targets(body))
    return not writes_memory and code(base) not in names(body) and not names(place) & declared(loop.body)
