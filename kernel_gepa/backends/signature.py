"""Reads the C signature of a kernel from its text, with a real parser; nothing of the text is run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import tree_sitter_cpp
from tree_sitter import Language, Node, Parser

from kernel_gepa.domain.signature import Parameter
from kernel_gepa.domain.verdict import BuildFailed

# C spellings of the types a kernel may take, for the 64-bit Unix ABIs.
DTYPES = {
    "float": "float32",
    "double": "float64",
    "_Float16": "float16",
    "__fp16": "float16",
    "__bf16": "bfloat16",
    "bool": "bool",
    "char": "int8",
    "signed char": "int8",
    "unsigned char": "uint8",
    "short": "int16",
    "unsigned short": "uint16",
    "int": "int32",
    "unsigned": "uint32",
    "unsigned int": "uint32",
    "long": "int64",
    "long int": "int64",
    "long long": "int64",
    "unsigned long": "uint64",
    "size_t": "uint64",
    "ptrdiff_t": "int64",
    "ssize_t": "int64",
    **{f"{sign}int{bits}_t": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_cpp.language()))


def exported(text: str) -> tuple[str, tuple[Parameter, ...]] | BuildFailed:
    """Name and parameters of the one function with C linkage that has a body."""
    functions = list(_c_functions(_parser().parse(text.encode()).root_node))
    if len(functions) != 1:
        names = ", ".join(_name(f) for f in functions) or "none"
        return BuildFailed(
            f'the kernel must define exactly one extern "C" function; found {names}. '
            "Helpers belong outside the extern block or are static."
        )
    function = functions[0]
    parameters = []
    for node in _parameters(function):
        found = _parameter(node)
        if isinstance(found, BuildFailed):
            return found
        parameters.append(found)
    return _name(function), tuple(parameters)


def _c_functions(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.type == "linkage_specification":
            body = child.child_by_field_name("body")
            if body is not None:
                inside = [body] if body.type == "function_definition" else body.children
                yield from (f for f in inside if f.type == "function_definition" and not _is_static(f))
        elif child.type.startswith("preproc_") or child.type == "ERROR":
            yield from _c_functions(child)


def _is_static(function: Node) -> bool:
    return any(c.type == "storage_class_specifier" and _text(c) == "static" for c in function.children)


def _declarator(function: Node) -> Node:
    node = function.child_by_field_name("declarator")
    while node is not None and node.type != "function_declarator":
        node = node.child_by_field_name("declarator")
    assert node is not None, "a function_definition has a function_declarator"
    return node


def _name(function: Node) -> str:
    name = _declarator(function).child_by_field_name("declarator")
    return _text(name) if name is not None else "?"


def _parameters(function: Node) -> list[Node]:
    held = _declarator(function).child_by_field_name("parameters")
    return [] if held is None else [c for c in held.named_children if c.type == "parameter_declaration"]


def _parameter(node: Node) -> Parameter | BuildFailed:
    kind, declarator = node.child_by_field_name("type"), node.child_by_field_name("declarator")
    spelled = " ".join(_text(kind).removeprefix("std::").split()) if kind is not None else "?"
    dtype = DTYPES.get(spelled)
    if dtype is None or declarator is None:
        return BuildFailed(
            f"parameter `{_text(node)}` has a type that cannot be passed; use pointers to and values of "
            "float, double, int32_t, int64_t and their like, each with a name"
        )
    stars = 0
    while declarator.type in ("pointer_declarator", "array_declarator"):
        stars += 1
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            return BuildFailed(f"parameter `{_text(node)}` has no name")
        declarator = inner
    if stars > 1 or declarator.type != "identifier":
        return BuildFailed(f"parameter `{_text(node)}` must be a plain pointer or a number")
    const = any(c.type == "type_qualifier" and _text(c) == "const" for c in node.children)
    return Parameter(_text(declarator), dtype, pointer=stars == 1, const=const and stars == 1)


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
