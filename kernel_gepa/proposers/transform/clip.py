"""Bounds tests of a loop's body, taken into the bounds of the loop: what is left has no branch.

for j { c = j + v - 1; if (c < 0 || c >= cols) continue; … }    becomes a loop from 1 - v to cols - (v - 1)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from kernel_gepa.proposers.transform.loops import LEAVES, Loop, innermost, leaves, loops, plain, statements
from kernel_gepa.proposers.transform.memory import adds
from kernel_gepa.proposers.transform.scalars import declarations, declared, written
from kernel_gepa.proposers.transform.source import (
    Rewrite,
    Source,
    braced,
    child,
    code,
    indented,
    names,
    substituted,
    walk,
)

OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`side relation limit` holds for every iteration that does anything."""

    side: Node
    relation: str
    limit: Node

    def __str__(self) -> str:
        return f"{code(self.side)} {self.relation} {code(self.limit)}"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A body that declares some values, tests them, and goes on only when every test holds."""

    head: tuple[Node, ...]
    tests: tuple[Comparison, ...]
    rest: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """What the tests leave of a loop's range: `low` and `high` are None where no test speaks of that end.

    `still` are the tests that come out alike for all iterations.
    """

    low: str | None
    high: str | None
    still: tuple[Comparison, ...]


def clip(source: Source) -> Iterator[Rewrite]:
    for loop in loops(source):
        guarded = _guarded(loop)
        signed = not loop.type.startswith(("u", "size_t", "std::size_t"))
        if guarded is None or not signed or not innermost(loop) or not plain(loop) or loop.step != "1":
            continue
        left = _range(source, loop, guarded.tests)
        if left is not None:
            edit = source.replaced(loop.node, _clipped(source, loop, guarded, left))
            yield Rewrite(f"clip({loop.var})", source.edited([edit]))


def _range(source: Source, loop: Loop, tests: Sequence[Comparison]) -> Range | None:
    """None when a test is neither on one value for all iterations nor on the variable plus something."""
    moving, low, high = _moving(loop), list[str](), list[str]()
    still = tuple(t for t in tests if names(t.side).isdisjoint(moving))
    for test in tests:
        origin = _origin(source, loop, test.side) if test not in still else ""
        if origin is None or names(test.limit) & moving:
            return None
        if test not in still:
            (low if test.relation in {">=", ">"} else high).append(_limit(test, origin))
    if max(len(low), len(high)) != 1:
        return None
    return Range(low[0] if low else None, high[0] if high else None, still)


def _clipped(source: Source, loop: Loop, g: Guarded, left: Range) -> list[str]:
    start, end = loop.first, loop.bound
    body: list[str] = []
    if left.low is not None:
        start = source.fresh(f"{loop.var}_low")
        body.append(f"const {loop.type} {start} = {left.low} > {loop.first} ? {left.low} : {loop.first};")
    if left.high is not None:
        end = source.fresh(f"{loop.var}_high")
        body.append(f"const {loop.type} {end} = {left.high} < {loop.bound} ? {left.high} : {loop.bound};")
    fixed = [n for n in g.head if declared(n).isdisjoint(_moving(loop))]
    inside = [line for n in (*g.head, *g.rest) if n not in fixed for line in source.lines(n)]
    body += braced(loop.header(start, end), inside)
    if left.still:
        body = braced(f"if ({' && '.join(map(str, left.still))})", body)
    lines = [line for n in fixed for line in source.lines(n)] + body
    alone = loop.node.parent is not None and [loop.node] == statements(loop.node.parent)
    return lines if alone else ["{", *indented(lines), "}"]


def _moving(loop: Loop) -> set[str]:
    """The variable, what the body declares from it, and what the body changes."""
    moving = {loop.var} | written(loop.body)
    for name, declarator, _ in declarations(loop.body):
        value = child(declarator, "value")
        if value is None or names(value) & moving or value.type in {"call_expression", "subscript_expression"}:
            moving.add(name)
    return moving


def _origin(source: Source, loop: Loop, side: Node) -> str | None:
    """What a tested value is for the variable at zero, when it is the variable plus something."""
    value: Node | None = side
    if side.type == "identifier" and code(side) != loop.var:
        found = [child(d, "value") for name, d, _ in declarations(loop.body) if name == code(side)]
        value = found[0] if len(found) == 1 else None
    derived = _moving(loop) - {loop.var}
    if value is None or not adds(value, {loop.var}, signs={"+"}) or names(value) & derived:
        return None
    return "\n".join(substituted(source, value, {loop.var: "0"})).removeprefix("0 + ")


def _limit(test: Comparison, origin: str) -> str:
    limit = code(test.limit) + (" + 1" if test.relation in {">", "<="} else "")
    if origin == "0":
        return f"({limit})" if " " in limit else limit
    return f"-({origin})" if limit == "0" else f"{limit} - ({origin})"


def _guarded(loop: Loop) -> Guarded | None:
    body = statements(loop.body)
    place = next((n for n, node in enumerate(body) if node.type == "if_statement"), None)
    if place is None or any(n.type != "declaration" for n in body[:place]):
        return None
    condition, then = child(body[place], "condition"), child(body[place], "consequence")
    value = child(condition, "value") if condition is not None else None
    if value is None or then is None or child(body[place], "alternative") is not None:
        return None
    inside = statements(then)
    if len(inside) == 1 and inside[0].type == "continue_statement":
        tests, rest = _tests(value, "||"), body[place + 1 :]
        tests = [Comparison(t.side, OPPOSITE[t.relation], t.limit) for t in tests]
    else:
        tests, rest = _tests(value, "&&"), inside
        if place + 1 < len(body) or leaves(loop):
            return None
    jumps = any(n.type in LEAVES for node in rest for n in walk(node))
    return Guarded(tuple(body[:place]), tuple(tests), tuple(rest)) if tests and not jumps else None


def _tests(condition: Node, joint: str) -> Sequence[Comparison]:
    """The comparisons that `joint` joins; none at all when one of the parts is something else."""
    left, right = child(condition, "left"), child(condition, "right")
    if condition.type == "parenthesized_expression" and condition.named_children:
        return _tests(condition.named_children[0], joint)
    if condition.type != "binary_expression" or left is None or right is None:
        return ()
    if code(condition.children[1]) == joint:
        sides = [_tests(left, joint), _tests(right, joint)]
        return [*sides[0], *sides[1]] if all(sides) else ()
    relation = code(condition.children[1])
    return [Comparison(left, relation, right)] if relation in OPPOSITE else ()
