"""The floating-point type of a C++ expression, as far as the text alone tells it."""

from __future__ import annotations

from tree_sitter import Node

from kernel_gepa.proposers.transform.scalars import declarations
from kernel_gepa.proposers.transform.source import ancestors, child, code, walk

FLOATING = {"float", "double"}
# Functions of one or two numbers in <cmath> that have a float form with an `f` behind the name.
MATH = {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "pow", "sin", "cos", "tan", "tanh", "sinh",
    "cosh", "asin", "acos", "atan", "atan2", "erf", "erfc", "fabs", "fmax", "fmin", "floor", "ceil", "fma",
}  # fmt: skip


def type_of(name: str, at: Node) -> str | None:
    """The type of a plain variable visible at a node; None for arrays, pointers and what is not found."""
    scope = next((a for a in ancestors(at) if a.type == "function_definition"), None)
    if scope is None:
        return None
    before = [(d, whole) for n, d, whole in declarations(scope) if n == name and d.start_byte <= at.start_byte]
    if not before:
        return None
    declarator, whole = before[-1]
    kind = child(whole, "type")
    inner = child(declarator, "declarator") if declarator.type == "init_declarator" else declarator
    return code(kind) if kind is not None and inner is not None and inner.type == "identifier" else None


def element_type(name: str, at: Node) -> str | None:
    """The type of what a pointer or array points to."""
    scope = next((a for a in ancestors(at) if a.type == "function_definition"), None)
    for found, declarator, whole in declarations(scope) if scope is not None else ():
        kind, indirect = child(whole, "type"), any(n.type.startswith(("pointer", "array")) for n in walk(declarator))
        if found == name and kind is not None and indirect:
            return code(kind)
    return None


def precision(node: Node) -> str | None:
    """`float` or `double` when the expression is known to be of that type, else None."""
    kind: str | None = None
    match node.type:
        case "identifier":
            kind = type_of(code(node), node)
        case "number_literal":
            kind = _literal(code(node))
        case "subscript_expression":
            base = child(node, "argument")
            kind = element_type(code(base), node) if base is not None else None
        case "call_expression":
            kind = _call(node)
        case "cast_expression":
            named = child(node, "type")
            kind = code(named) if named is not None else None
        case "parenthesized_expression" | "binary_expression" | "unary_expression":
            kind = _widest([precision(n) for n in node.named_children])
    return kind if kind in FLOATING else None


def _literal(text: str) -> str | None:
    if text.lower().startswith("0x") or not any(c in text.lower() for c in ".ef"):
        return None
    return "float" if text.lower().endswith("f") else "double"


def _call(node: Node) -> str | None:
    function, arguments = child(node, "function"), child(node, "arguments")
    if function is None or arguments is None:
        return None
    name = code(function).removeprefix("std::")
    if name in {f"{m}f" for m in MATH}:
        return "float"
    if name not in MATH:
        return None
    if not code(function).startswith("std::"):
        return "double"
    return _widest([precision(n) for n in arguments.named_children]) or "double"


def _widest(kinds: list[str | None]) -> str | None:
    return "double" if "double" in kinds else "float" if "float" in kinds else None
