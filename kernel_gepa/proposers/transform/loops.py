"""Loops of the plain shape `for (T i = a; i < n; ++i)`, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import dedent

from tree_sitter import Node

from kernel_gepa.proposers.transform.source import UNIT, Edit, Source, ancestors, child, code, walk

LEAVES = {"break_statement", "return_statement", "goto_statement", "continue_statement"}


@dataclass(frozen=True, slots=True)
class Loop:
    """A canonical loop: `bound` is exclusive, `step` is "1" unless the text says `i += step`."""

    node: Node
    var: str
    type: str
    first: str
    bound: str
    step: str
    body: Node

    def header(self, first: str = "", bound: str = "", *, var: str = "", step: str = "") -> str:
        """`for (…)` over this range, or over the part of it that the arguments name."""
        var, step = var or self.var, step or self.step
        move = f"++{var}" if step == "1" else f"{var} += {step}"
        return f"for ({self.type} {var} = {first or self.first}; {var} < {bound or self.bound}; {move})"

    @property
    def mentions(self) -> set[str]:
        """The names in the header, but for the loop's own variable."""
        last = self.body.start_byte
        found = {code(n) for n in walk(self.node) if n.type == "identifier" and n.end_byte <= last}
        return found - {self.var}

    @property
    def span(self) -> str:
        """The number of iterations as C++ text, for a step of one."""
        return self.bound if self.first == "0" else f"({_tight(self.bound)} - {_tight(self.first)})"

    def whole(self, size: str) -> str:
        """Where the last whole strip of `size` iterations ends."""
        if self.first == "0":
            return f"{_tight(self.bound)} / {size} * {size}"
        return f"{_tight(self.first)} + {self.span} / {size} * {size}"


def _tight(text: str) -> str:
    return text if text.replace("_", "").isalnum() else f"({text})"


def loops(source: Source) -> Iterator[Loop]:
    """Every canonical loop, in the order of the text."""
    for node in walk(source.root):
        loop = as_loop(node)
        if loop is not None:
            yield loop


def as_loop(node: Node) -> Loop | None:
    if node.type != "for_statement" or node.has_error:
        return None
    start, condition, update, body = (child(node, f) for f in ("initializer", "condition", "update", "body"))
    if start is None or condition is None or update is None or body is None:
        return None
    declared = child(start, "declarator")
    kind = child(start, "type")
    if declared is None or kind is None or declared.type != "init_declarator":
        return None
    var, first = child(declared, "declarator"), child(declared, "value")
    if var is None or first is None or var.type != "identifier":
        return None
    bound, step = _bound(condition, code(var)), _step(update, code(var))
    if bound is None or step is None:
        return None
    return Loop(node, code(var), code(kind), code(first), bound, step, body)


def _bound(condition: Node, var: str) -> str | None:
    left, right = child(condition, "left"), child(condition, "right")
    if condition.type != "binary_expression" or left is None or right is None or code(left) != var:
        return None
    match code(condition.children[1]):
        case "<" | "!=":
            return code(right)
        case "<=":
            return f"{code(right)} + 1"
    return None


def _step(update: Node, var: str) -> str | None:
    if update.type == "update_expression":
        return "1" if code(update) in {f"++{var}", f"{var}++"} else None
    left, right = child(update, "left"), child(update, "right")
    if update.type != "assignment_expression" or left is None or right is None or code(left) != var:
        return None
    return code(right) if code(update.children[1]) == "+=" else None


def statements(body: Node) -> list[Node]:
    """What a loop does, statement by statement, comments left out."""
    if body.type != "compound_statement":
        return [body]
    return [n for n in body.named_children if n.type != "comment"]


def body_lines(loop: Loop) -> list[str]:
    """What stands between the braces of a loop, comments included, from column 0."""
    text = code(loop.body)
    if loop.body.type != "compound_statement":
        column = loop.body.start_point[1] if "\n" in text else 0
        return dedent(" " * column + text).split("\n")
    column = loop.body.children[1].start_point[1] if loop.body.child_count > 2 else 0
    inside = text[1:-1]
    return (
        dedent(inside.strip("\n") if not inside.partition("\n")[0].strip() else " " * column + inside.strip())
        .rstrip()
        .split("\n")
    )


def only_loop(body: Node) -> Loop | None:
    """The loop that is the whole body."""
    inside = statements(body)
    return as_loop(inside[0]) if len(inside) == 1 else None


def independent(inner: Loop, outer: Loop) -> bool:
    """Neither range mentions the other's variable: the order of the two can be asked about at all."""
    return outer.var not in inner.mentions and inner.var not in outer.mentions and inner.var != outer.var


def perfect_nests(source: Source) -> Iterator[tuple[Loop, Loop]]:
    """Pairs in which the inner loop is all the outer one does, over a rectangle."""
    for outer in loops(source):
        inner = only_loop(outer.body)
        if inner is not None and independent(inner, outer):
            yield outer, inner


def inner_loops(node: Node) -> list[Node]:
    return [n for n in walk(node) if n.type in {"for_statement", "while_statement", "do_statement", "for_range_loop"}]


def innermost(loop: Loop) -> bool:
    return not inner_loops(loop.body)


def leaves(loop: Loop, kinds: set[str] = LEAVES) -> bool:
    """Whether the body can leave this loop, or an iteration of it, before its end."""
    for node in walk(loop.body):
        if node.type not in kinds:
            continue
        nearest = next(a for a in ancestors(node) if a.type.endswith(("_statement", "_loop")) and _breakable(a))
        if node.type in {"return_statement", "goto_statement"} or nearest == loop.node:
            return True
    return False


def _breakable(node: Node) -> bool:
    return node.type in {"for_statement", "while_statement", "do_statement", "for_range_loop", "switch_statement"}


def pragmas(node: Node) -> list[Node]:
    """The pragmas that stand directly before a statement, first one first."""
    found: list[Node] = []
    above = node.prev_named_sibling
    while above is not None and above.type == "preproc_call":
        found.insert(0, above)
        above = above.prev_named_sibling
    return found


def plain(loop: Loop) -> bool:
    """No pragma before the loop or inside it: what is said about loops must not outlive their shape."""
    return not pragmas(loop.node) and not any(n.type.startswith("preproc") for n in walk(loop.body))


def inserted_before(source: Source, node: Node, lines: Sequence[str]) -> list[Edit]:
    """Puts lines before a statement, and braces around both where the statement was a body without them."""
    indent, parent = source.indent(node), node.parent
    if parent is None or parent.type == "compound_statement":
        at = [*pragmas(node), node][0]
        lead = "" if source.opens_line(at) else f"\n{indent}"
        return [Edit(at.start_byte, at.start_byte, lead + "".join(f"{line}\n{indent}" for line in lines))]
    before, outer = node.prev_sibling, source.indent(parent)
    while before is not None and before.type == "comment":
        before = before.prev_sibling
    if before is None:
        return []
    closing = Edit(node.end_byte, node.end_byte, f"\n{outer}}}")
    if source.opens_line(node):
        opening = Edit(before.end_byte, before.end_byte, " {")
        return [
            opening,
            Edit(node.start_byte, node.start_byte, "".join(f"{line}\n{indent}" for line in lines)),
            closing,
        ]
    inner = outer + UNIT
    opened = " {\n" + "".join(f"{inner}{line}\n" for line in lines) + inner
    return [Edit(before.end_byte, node.start_byte, opened), closing]
