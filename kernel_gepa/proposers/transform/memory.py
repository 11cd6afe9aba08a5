"""How a loop moves through memory: which accesses follow its variable, and in steps of one element."""

from __future__ import annotations

from tree_sitter import Node

from kernel_gepa.proposers.transform.loops import Loop
from kernel_gepa.proposers.transform.scalars import declarations, declared, targets
from kernel_gepa.proposers.transform.source import child, code, names, walk


def contiguous(var: str, body: Node) -> int:
    """How many accesses of the body go to the next element when `var` goes up by one."""
    following = _following(var, body)
    return sum(adds(n, following) for n in _indices(body))


def strided(var: str, body: Node) -> int:
    """How many accesses of the body go further than to the next element."""
    following = _following(var, body)
    return sum(bool(names(n) & following) and not adds(n, following) for n in _indices(body))


def _indices(body: Node) -> list[Node]:
    return [n for n in walk(body) if n.type == "subscript_argument_list"]


def _following(var: str, body: Node) -> set[str]:
    """The variable, and those of the body that are it plus something."""
    following = {var}
    for name, declarator, _ in declarations(body):
        value = child(declarator, "value")
        if value is not None and adds(value, following):
            following.add(name)
    return following


def adds(index: Node, following: set[str], signs: frozenset[str] | set[str] = frozenset({"+", "-"})) -> bool:
    """Whether one of the names is a term of the expression, not a factor of one."""
    if index.type == "identifier":
        return code(index) in following
    if index.type == "binary_expression":
        left, operator, right = index.children
        added = code(operator) in signs and adds(right, following, signs)
        return added or (code(operator) in {"+", "-"} and adds(left, following, signs))
    passed = {"subscript_argument_list", "parenthesized_expression"}
    return index.type in passed and any(adds(n, following, signs) for n in index.named_children)


def gains(lane: Loop, inner: Loop) -> bool:
    """Whether going along `lane` instead of `inner` reads memory at least as much in its order.

    What `lane` does not move at all costs nothing: it is read once for the whole row.
    """
    along, body = contiguous(lane.var, inner.body), inner.body
    return along > 0 and (strided(lane.var, body) == 0 or along >= contiguous(inner.var, body))


def shares(loop: Loop) -> bool:
    """Whether some element is written that lies at the same place in every iteration, as scratch memory does."""
    own, moving = declared(loop.node), _derived(loop)
    for target in targets(loop.body):
        base = child(target, "argument")
        outside = base is not None and code(base) not in own
        if target.type == "subscript_expression" and outside and not names(target) & moving:
            return True
    return False


def _derived(loop: Loop) -> set[str]:
    """The loop's variable, and what its body declares from it."""
    found = {loop.var}
    for name, declarator, _ in declarations(loop.body):
        if names(declarator) & found:
            found.add(name)
    return found
