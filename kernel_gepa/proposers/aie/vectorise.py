"""Scalar loops to vector form: element-wise ones, sums, maxima and minima, windows, and one loop of a nest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from kernel_gepa.proposers.aie.emit import Emitter
from kernel_gepa.proposers.aie.expressions import FLOAT, FLOATS, INT, NotVectorisable
from kernel_gepa.proposers.aie.lanes import ELEMENTS, Kind
from kernel_gepa.proposers.aie.linear import constants, evaluated
from kernel_gepa.proposers.transform.loops import Loop, body_lines, leaves, loops
from kernel_gepa.proposers.transform.scalars import carried, declarations, reductions, written
from kernel_gepa.proposers.transform.source import UNIT, Edit, Rewrite, Source, ancestors, child, code, names, walk

INCLUDES = re.compile(r"^[ \t]*#[ \t]*include[^\n]*\n", re.MULTILINE)
INITIAL = {"+": "0", "max": "{name}", "min": "{name}"}
FINAL = {
    "+": "{name} = {name} + aie::reduce_add({name}_lanes.v);",
    "max": "{name} = aie::reduce_max({name}_lanes.v);",
    "min": "{name} = aie::reduce_min({name}_lanes.v);",
}


def vectorise(source: Source) -> Iterator[Rewrite]:
    """Every loop that can be one over lanes, the innermost that is no sum of few terms last."""
    for loop in loops(source):
        function = next((a for a in ancestors(loop.node) if a.type == "function_definition"), None)
        if function is None or loop.step != "1" or "LANES" in code(loop.node) or _in_lanes(loop):
            continue
        pointers = elements(function)
        kinds = [Kind("wide")]
        used = {pointers[name] for name in names(loop.node) & set(pointers)}
        if len(used) == 1 and next(iter(used)) in ELEMENTS:
            kinds.insert(0, Kind("narrow", next(iter(used))))
        known_head = head_of(source.text)
        for kind in kinds:
            if known_head not in (None, kind.head):
                continue  # one text has one class of lanes
            try:
                lines = _loop_lines(source, loop, function, pointers)
            except NotVectorisable:
                continue
            text = source.edited([*_restricted(function), source.replaced(loop.node, lines)])
            yield Rewrite(f"vectorise({kind.name} {loop.var})", text if known_head else _with_head(text, kind.head))


def head_of(text: str) -> str | None:
    """The class of lanes that a text brings, as it was written; knobs may have been turned since."""
    for element in (None, *ELEMENTS):
        kind = Kind("wide" if element is None else "narrow", element)
        if kind.head.partition("using LaneMask")[2] in text:
            return kind.head
    return None


def _in_lanes(loop: Loop) -> bool:
    return any("LANES" in code(a).partition("{")[0] for a in ancestors(loop.node) if a.type == "for_statement")


def elements(function: Node) -> dict[str, str]:
    """The pointer parameters and the types they point to."""
    found = {}
    for name, declarator, declaration in declarations(function):
        kind = child(declaration, "type")
        if declaration.type == "parameter_declaration" and declarator.type == "pointer_declarator" and kind is not None:
            found[name] = code(kind)
    return found


def _loop_lines(source: Source, loop: Loop, function: Node, pointers: dict[str, str]) -> list[str]:
    if leaves(loop, {"break_statement", "return_statement", "goto_statement"}):
        raise NotVectorisable("a way out of the loop")
    known = constants(source)
    accumulated = accumulators(loop, set(pointers))
    types = {name: _lane_type(function, name) for name in accumulated}
    extremes = bool(accumulated) and all(op in ("max", "min") for op in accumulated.values())
    first = "0" if extremes and loop.first == "1" else loop.first
    renamed = {name: f"{name}_lanes" for name in accumulated}
    emitter = Emitter(loop.var, first, known, pointers, {}, frozenset(written(loop.body)))
    emitter.lanes.update(types)
    body = emitter.body(loop.body)
    for name, lanes in renamed.items():
        body = [re.sub(rf"\b{name}\b", lanes, line) for line in body]
    before = [f"{types[n]} {n}_lanes({INITIAL[op].format(name=n)});" for n, op in accumulated.items()]
    after = [FINAL[op].format(name=n) for n, op in accumulated.items()]
    limit = f"{loop.var} + LANES <= {_tight(loop.bound)}"
    header = f"for (unsigned {loop.var} = {first}; {limit}; {loop.var} += LANES)"
    lines = [*before, f"{header} {{", *(UNIT + line for line in body), "}", *after]
    trips = _trips(loop, first, known)
    if trips is None or trips % 128:
        lines += _tail(loop, first)
    return ["{", *(UNIT + line for line in lines), "}"]


def _tail(loop: Loop, first: str) -> list[str]:
    """What is left when the lanes are used up, as it was."""
    start = (
        f"{first} + ({_tight(loop.bound)} - {first}) / LANES * LANES"
        if first != "0"
        else f"{_tight(loop.bound)} / LANES * LANES"
    )
    return [
        f"for (unsigned {loop.var} = {start}; {loop.var} < {loop.bound}; ++{loop.var}) {{",
        *(UNIT + x for x in body_lines(loop)),
        "}",
    ]


def _tight(text: str) -> str:
    return text if text.replace("_", "").isalnum() else f"({text})"


def _trips(loop: Loop, first: str, known: dict[str, int]) -> int | None:
    condition = child(loop.node, "condition")
    right = child(condition, "right") if condition is not None else None
    bound = evaluated(right, known) if right is not None else None
    start = int(first) if first.isdigit() else known.get(first)
    return None if bound is None or start is None else bound - start


def accumulators(loop: Loop, pointers: set[str]) -> dict[str, str]:
    """Variables from outside that the loop sums up or takes an extreme of. Raises where it does anything else."""
    sums, found = reductions(loop.body), {}
    for name in sorted(carried(loop.body) - pointers):
        operation = sums.get(name) or _counted(loop.body, name) or _minimum(loop.body, name)
        if operation is None:
            raise NotVectorisable(f"{name}, which ties iterations together")
        found[name] = operation
    return found


def _counted(body: Node, name: str) -> str | None:
    """`name++`, and nothing else with that name."""
    steps = sum(n.type == "update_expression" and code(n) in (f"{name}++", f"++{name}") for n in walk(body))
    uses = sum(n.type == "identifier" and code(n) == name for n in walk(body))
    return "+" if steps and steps == uses else None


def _minimum(body: Node, name: str) -> str | None:
    """`if (v < m) m = v;` or `if (m > v) m = v;`"""
    for node in walk(body):
        condition, then = child(node, "condition"), child(node, "consequence")
        if node.type != "if_statement" or condition is None or then is None or child(node, "alternative") is not None:
            continue
        compared = child(condition, "value")
        inside = [n for n in walk(then) if n.type == "assignment_expression"]
        if compared is None or compared.type != "binary_expression" or len(inside) != 1:
            continue
        left, right, op = child(compared, "left"), child(compared, "right"), code(compared.children[1])
        target, value = child(inside[0], "left"), child(inside[0], "right")
        if left is None or right is None or target is None or value is None or code(target) != name:
            continue
        small = code(left) if op in ("<", "<=") else code(right) if op in (">", ">=") else None
        if small == code(value) and name in (code(left), code(right)):
            return "min"
    return None


def _lane_type(function: Node, name: str) -> str:
    for declared, _, declaration in declarations(function):
        kind = child(declaration, "type")
        if declared == name and kind is not None:
            return FLOAT if code(kind) in FLOATS else INT
    raise NotVectorisable(f"{name}, which is declared elsewhere")


def _restricted(function: Node) -> Iterator[Edit]:
    """A tile's buffers do not overlap."""
    declarator = child(function, "declarator")
    parameters = child(declarator, "parameters") if declarator is not None else None
    for parameter in parameters.named_children if parameters is not None else ():
        pointer = child(parameter, "declarator")
        if pointer is None or pointer.type != "pointer_declarator" or "restrict" in code(pointer):
            continue
        name = child(pointer, "declarator")
        if name is not None and name.type == "identifier":
            yield Edit(name.start_byte, name.start_byte, "__restrict ")


def _with_head(text: str, head: str) -> str:
    """Behind the last include."""
    at = max((found.end() for found in INCLUDES.finditer(text)), default=0)
    return text[:at] + head + text[at:]
