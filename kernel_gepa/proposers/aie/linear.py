"""What a subscript says: how it moves with one loop variable, and what is left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tree_sitter import Node

from kernel_gepa.proposers.transform.source import Source, child, code, names, walk


@dataclass(frozen=True, slots=True)
class Linear:
    """coefficient * variable + rest. `rest` is C++ text, empty for zero."""

    coefficient: int
    rest: str = ""


def constants(source: Source) -> dict[str, int]:
    """Integers that a kernel's text knows: constexpr ones, and what its leading comment says of its parameters."""
    found = {
        name: int(value)
        for name, value in re.findall(r"^\s*(\w+):\s*(-?\d+)\s*$", source.text.partition("*/")[0], re.M)
    }
    for node in walk(source.root):
        if node.type != "init_declarator":
            continue
        name, value = child(node, "declarator"), child(node, "value")
        if name is not None and value is not None and name.type == "identifier" and node.parent is not None:
            number = evaluated(value, found) if "const" in code(node.parent) else None
            if number is not None:
                found[code(name)] = number
    return found


def evaluated(node: Node, known: Mapping[str, int]) -> int | None:
    """The value of an integer expression of constants."""
    if node.type == "number_literal":
        text = code(node).rstrip("uUlL")
        return int(text, 0) if re.fullmatch(r"\d+|0x[0-9a-fA-F]+", text) else None
    if node.type == "identifier":
        return known.get(code(node))
    if node.type == "parenthesized_expression":
        return evaluated(node.named_children[0], known)
    left, right = child(node, "left"), child(node, "right")
    if node.type != "binary_expression" or left is None or right is None:
        return None
    a, b = evaluated(left, known), evaluated(right, known)
    if a is None or b is None:
        return None
    match code(node.children[1]):
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a // b if b else None
    return None


def linear(node: Node, var: str, known: Mapping[str, int], variables: Mapping[str, Linear]) -> Linear | None:
    """None where it is not linear in `var`, or by a factor that nobody knows. `variables` stand for what they hold."""
    mentioned = names(node)
    if var not in mentioned and not mentioned & set(variables):
        return Linear(0, f"({code(node)})" if node.type == "binary_expression" else code(node))
    if node.type == "identifier":
        return variables.get(code(node), Linear(1))
    if node.type == "parenthesized_expression":
        return linear(node.named_children[0], var, known, variables)
    left, right = child(node, "left"), child(node, "right")
    if node.type != "binary_expression" or left is None or right is None:
        return None
    a, b = linear(left, var, known, variables), linear(right, var, known, variables)
    if a is None or b is None:
        return None
    match code(node.children[1]):
        case "+":
            return Linear(a.coefficient + b.coefficient, _sum(a.rest, b.rest))
        case "-":
            return Linear(a.coefficient - b.coefficient, f"{a.rest or 0} - ({b.rest})" if b.rest else a.rest)
        case "*":
            return _scaled(a, evaluated(right, known), b.rest) or _scaled(b, evaluated(left, known), a.rest)
    return None


def _sum(a: str, b: str) -> str:
    return " + ".join(part for part in (a, b) if part and part != "0")


def _scaled(moving: Linear, factor: int | None, text: str) -> Linear | None:
    if factor is None:
        return None
    return Linear(
        moving.coefficient * factor, f"({moving.rest}) * {text}" if moving.rest and moving.rest != "0" else ""
    )
