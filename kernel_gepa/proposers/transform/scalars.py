"""What a piece of C++ does with its plain variables: what it declares, changes, accumulates."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from kernel_gepa.proposers.transform.source import child, code, names, walk

MAXIMA = {"std::max", "max", "fmax", "fmaxf", "std::fmax", "std::fmaxf", "std::max<float>", "std::max<double>"}


def declarations(node: Node) -> Iterator[tuple[str, Node, Node]]:
    """Name, declarator and declaration of every variable and parameter declared at or below `node`."""
    for found in walk(node):
        if found.type in {"declaration", "parameter_declaration"}:
            for declarator in found.children_by_field_name("declarator"):
                name = _declared_name(declarator)
                if name is not None:
                    yield name, declarator, found


def _declared_name(declarator: Node) -> str | None:
    current: Node | None = declarator
    while current is not None and current.type != "identifier":
        current = child(current, "declarator")
    return code(current) if current is not None else None


def declared(node: Node) -> set[str]:
    return {name for name, _, _ in declarations(node)}


def written(node: Node) -> set[str]:
    """Plain variables that are assigned, incremented or decremented; not array elements."""
    return {code(target) for target in targets(node) if target.type == "identifier"}


def targets(node: Node) -> Iterator[Node]:
    """The left side of every assignment, and what is incremented."""
    for found in walk(node):
        target = None
        if found.type == "assignment_expression":
            target = child(found, "left")
        elif found.type == "update_expression":
            target = child(found, "argument")
        if target is not None:
            yield target


def carried(body: Node) -> set[str]:
    """Variables from outside that the body changes: what ties one iteration to the next."""
    return written(body) - declared(body)


def reductions(body: Node) -> dict[str, str]:
    """Carried variables that the body only accumulates, with the operation: `+` or `max`."""
    found: dict[str, str] = {}
    for name in sorted(carried(body)):
        steps = [(op, node) for node in walk(body) if (op := _step(node, name)) is not None]
        inside = sum(_count(name, node) for _, node in steps)
        if steps and inside == _count(name, body) and len({op for op, _ in steps}) == 1:
            found[name] = steps[0][0]
    return found


def _count(name: str, node: Node) -> int:
    return sum(n.type == "identifier" and code(n) == name for n in walk(node))


def _step(node: Node, name: str) -> str | None:
    """The operation when this node is one accumulation into `name`."""
    if node.type == "if_statement":
        return _guarded_maximum(node, name)
    left, right = child(node, "left"), child(node, "right")
    if node.type != "assignment_expression" or left is None or right is None or code(left) != name:
        return None
    if code(node.children[1]) == "+=":
        return None if name in names(right) else "+"
    return _accumulating(right, name) if code(node.children[1]) == "=" and _count(name, right) > 0 else None


def _accumulating(value: Node, name: str) -> str | None:
    left, right = child(value, "left"), child(value, "right")
    if value.type == "binary_expression" and left is not None and right is not None:
        plus = code(value.children[1]) == "+" and _count(name, value) == 1
        return "+" if plus and name in (code(left), code(right)) else None
    function, arguments = child(value, "function"), child(value, "arguments")
    if value.type == "call_expression" and function is not None and arguments is not None:
        sides = [code(n) for n in arguments.named_children]
        return "max" if code(function) in MAXIMA and len(sides) == 2 and name in sides else None
    if value.type == "conditional_expression":
        compared, ends = child(value, "condition"), [child(value, f) for f in ("consequence", "alternative")]
        larger = _larger(compared) if compared is not None else None
        if larger is not None and ends[0] is not None and ends[1] is not None:
            return "max" if code(ends[0]) == larger and name in {code(e) for e in ends if e is not None} else None
    return None


def _larger(condition: Node) -> str | None:
    """The side that a comparison says is the larger one."""
    left, right = child(condition, "left"), child(condition, "right")
    if condition.type != "binary_expression" or left is None or right is None:
        return None
    match code(condition.children[1]):
        case ">" | ">=":
            return code(left)
        case "<" | "<=":
            return code(right)
    return None


def _guarded_maximum(node: Node, name: str) -> str | None:
    """`if (v > m) m = v;`"""
    condition, then = child(node, "condition"), child(node, "consequence")
    if condition is None or then is None or child(node, "alternative") is not None:
        return None
    inside = [n for n in walk(then) if n.type == "assignment_expression"]
    compared = child(condition, "value")
    if len(inside) != 1 or compared is None or name not in names(compared):
        return None
    left, right = child(inside[0], "left"), child(inside[0], "right")
    same = left is not None and right is not None and code(left) == name and code(right) == _larger(compared)
    return "max" if same and code(inside[0].children[1]) == "=" else None
