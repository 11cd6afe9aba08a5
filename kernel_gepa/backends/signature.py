"""Reads the C signature of a kernel from its text, with a real parser; nothing of the text is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import tree_sitter_cpp
from tree_sitter import Language, Node, Parser

from kernel_gepa.domain.dialect import is_c
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
    "_Bool": "bool",
    "char": "int8",
    "signed char": "int8",
    "unsigned char": "uint8",
    "short": "int16",
    "unsigned short": "uint16",
    "int": "int32",
    "unsigned": "uint32",
    "long": "int64",
    "long long": "int64",
    "unsigned long": "uint64",
    "unsigned long long": "uint64",
    "size_t": "uint64",
    "ptrdiff_t": "int64",
    "ssize_t": "int64",
    **{f"{sign}int{bits}_t": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}
# No two compilers agree on how these travel in a register.
ONLY_BEHIND_POINTERS = {"float16", "bfloat16"}


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_cpp.language()))


def exported(text: str) -> tuple[str, tuple[Parameter, ...]] | BuildFailed:
    """Name and parameters of the one function with C linkage that has a body."""
    root, plain_c = _parser().parse(text.encode()).root_node, is_c(text)
    functions = list(_public(root)) if plain_c else list(_c_functions(root))
    found = dict.fromkeys(_signature(f) for f in functions)  # once for the branches of an #if that agree
    if len(found) != 1:
        names = ", ".join(_name(f) for f in functions) or "none"
        wanted, elsewhere = (
            ("one function that is not static", 'static (a C++ kernel marks the one with extern "C")')
            if plain_c
            else ('one extern "C" function', "outside the extern block or static")
        )
        return BuildFailed(f"the kernel must define exactly {wanted}; found {names}. Helpers must be {elsewhere}.")
    return next(iter(found))


def _public(root: Node) -> Iterator[Node]:
    """The functions of a C text that others can call: an inline one has no body of its own there."""
    for function in (*_functions(root.children), *_c_functions(root, linked=True)):
        words = {_text(c) for c in function.children if c.type == "storage_class_specifier"}
        if "extern" in words or not words & {"inline", "__inline", "__inline__"}:
            yield function


def _signature(function: Node) -> tuple[str, tuple[Parameter, ...]] | BuildFailed:
    parameters = []
    for node in _parameters(function):
        found = _parameter(node)
        if isinstance(found, BuildFailed):
            return found
        parameters.append(found)
    return _name(function), tuple(parameters)


def _c_functions(node: Node, *, linked: bool = False) -> Iterator[Node]:
    """`linked` is true inside an extern "C" block."""
    for child in node.children:
        if child.type == "linkage_specification":
            body, language = child.child_by_field_name("body"), child.child_by_field_name("value")
            if body is not None and language is not None and _text(language) == '"C"':
                yield from _functions([body] if body.type == "function_definition" else body.children)
                yield from _c_functions(body, linked=True)
        elif child.type.startswith(("preproc_", "namespace_definition", "declaration_list")) or child.type == "ERROR":
            if linked:
                yield from _functions(child.children)
            yield from _c_functions(child, linked=linked)


def _functions(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.type == "function_definition" and _declarator(node) is not None and not _is_static(node):
            yield node


def _is_static(function: Node) -> bool:
    return any(c.type == "storage_class_specifier" and _text(c) == "static" for c in function.children)


def _declarator(function: Node) -> Node | None:
    """The part `f(...)`. Garbled text has definitions without one."""
    node = function.child_by_field_name("declarator")
    while node is not None and node.type != "function_declarator":
        node = node.child_by_field_name("declarator")
    return node


def _name(function: Node) -> str:
    declarator = _declarator(function)
    name = declarator.child_by_field_name("declarator") if declarator is not None else None
    return _text(name) if name is not None else "?"


def _parameters(function: Node) -> list[Node]:
    declarator = _declarator(function)
    held = declarator.child_by_field_name("parameters") if declarator is not None else None
    return [] if held is None else [c for c in held.named_children if c.type == "parameter_declaration"]


def _parameter(node: Node) -> Parameter | BuildFailed:
    kind, declarator = node.child_by_field_name("type"), node.child_by_field_name("declarator")
    dtype = DTYPES.get(_plain(_text(kind))) if kind is not None else None
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
    if declarator.type.startswith("abstract_"):
        return BuildFailed(f"parameter `{_text(node)}` has no name")
    if stars > 1 or declarator.type != "identifier":
        return BuildFailed(f"parameter `{_text(node)}` must be a plain pointer or a number")
    if not stars and dtype in ONLY_BEHIND_POINTERS:
        return BuildFailed(f"parameter `{_text(node)}` cannot be passed by value in half precision; take a float")
    const = any(c.type == "type_qualifier" and _text(c) == "const" for c in node.children)
    return Parameter(_text(declarator), dtype, pointer=stars == 1, const=const and stars == 1)


def _plain(spelled: str) -> str:
    """One spelling of each type: `signed` and `int` are left out wherever they add nothing."""
    words = spelled.removeprefix("std::").split()
    if "char" not in words and len(words) > 1:
        words = [w for w in words if w not in ("signed", "int")] or ["int"]
    return " ".join(sorted(words, key=lambda word: word not in ("unsigned", "signed")))


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
