"""What is computed anew in every iteration though it never changes: taken out of the loop."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from kernel_gepa.proposers.transform.loops import Loop, as_loop, inserted_before, loops
from kernel_gepa.proposers.transform.precision import precision
from kernel_gepa.proposers.transform.scalars import declared, written
from kernel_gepa.proposers.transform.source import Edit, Rewrite, Source, ancestors, child, code, names, walk


def reciprocal(source: Source) -> Iterator[Rewrite]:
    """Divisions by one and the same number become multiplications by its reciprocal."""
    for loop in loops(source):
        for divisor, places in _divisions(loop).items():
            kind = precision(places[0][1])
            if kind is None:
                continue
            name = source.fresh(f"inv_{divisor}" if divisor.isidentifier() else "inverse")
            line = f"const {kind} {name} = {'1.0f' if kind == 'float' else '1.0'} / {divisor};"
            edits = [
                Edit(operator.start_byte, right.end_byte, f"{_product(operator)} {name}") for operator, right in places
            ]
            yield Rewrite(
                f"reciprocal({divisor})", source.edited([*inserted_before(source, loop.node, [line]), *edits])
            )


def hoist(source: Source) -> Iterator[Rewrite]:
    """Calls of mathematical functions on numbers that the loop does not change."""
    for loop in loops(source):
        for call in (n for n in walk(loop.body) if n.type == "call_expression" and _fixed_here(n, loop)):
            kind = precision(call)
            if kind is None:
                continue
            name = source.fresh("hoisted")
            line = f"const {kind} {name} = {code(call)};"
            edits = [*inserted_before(source, loop.node, [line]), Edit(call.start_byte, call.end_byte, name)]
            yield Rewrite(f"hoist({code(call)})", source.edited(edits))


def _product(operator: Node) -> str:
    return "*=" if code(operator) == "/=" else "*"


def _divisions(loop: Loop) -> dict[str, list[tuple[Node, Node]]]:
    """Operator and divisor of the divisions for which this is the outermost loop that does not change the divisor."""
    found: dict[str, list[tuple[Node, Node]]] = {}
    for node in walk(loop.body):
        right = child(node, "right")
        if node.type not in {"binary_expression", "assignment_expression"} or right is None:
            continue
        operator = node.children[1]
        if code(operator) in {"/", "/="} and right.type != "number_literal" and _fixed_here(right, loop):
            found.setdefault(code(right), []).append((operator, right))
    return found


def _fixed_here(node: Node, loop: Loop) -> bool:
    around = next((outer for a in ancestors(loop.node) if (outer := as_loop(a)) is not None), None)
    return _fixed(node, loop) and (around is None or not _fixed(node, around))


def _fixed(node: Node, loop: Loop) -> bool:
    """Whether an expression has one value for all iterations: it mentions nothing that changes, and no memory."""
    moving = written(loop.body) | declared(loop.body) | {loop.var}
    memory = {"subscript_expression", "lambda_expression", "pointer_expression"}
    return not names(node) & moving and not any(n.type in memory for n in walk(node))
