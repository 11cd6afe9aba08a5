"""`__restrict__` on pointer parameters: no two of them point into the same memory."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from kernel_gepa.proposers.transform.source import Edit, Rewrite, Source, child, code, walk


def restrict(source: Source) -> Iterator[Rewrite]:
    """All pointers of all functions at once: one of them alone promises the compiler little."""
    edits, functions = [], []
    for function in (n for n in walk(source.root) if n.type == "function_definition"):
        new = [edit for pointer in _pointers(function) if (edit := _restricted(pointer)) is not None]
        declarator = child(function, "declarator")
        named = child(declarator, "declarator") if declarator is not None else None
        if new and named is not None:
            edits += new
            functions.append(code(named))
    if edits:
        yield Rewrite(f"restrict({', '.join(functions)})", source.edited(edits))


def _pointers(function: Node) -> Iterator[Node]:
    declarator = child(function, "declarator")
    parameters = child(declarator, "parameters") if declarator is not None else None
    for parameter in parameters.named_children if parameters is not None else ():
        pointer = child(parameter, "declarator")
        if pointer is not None and pointer.type == "pointer_declarator":
            yield pointer


def _restricted(pointer: Node) -> Edit | None:
    name = child(pointer, "declarator")
    if name is None or name.type != "identifier" or "restrict" in code(pointer):
        return None
    space = "" if pointer.children[0].end_byte < name.start_byte else " "
    return Edit(name.start_byte, name.start_byte, f"{space}__restrict__ ")
