"""Single precision throughout: double literals, functions and variables in a kernel on floats become float."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from kernel_gepa.proposers.transform.precision import MATH
from kernel_gepa.proposers.transform.source import Edit, Rewrite, Source, child, code, walk

DOUBLE = re.compile(r"(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?")


def floats(source: Source) -> Iterator[Rewrite]:
    """Only where the kernel's own pointers are float, and none is double."""
    types = [code(n) for n in walk(source.root) if n.type == "primitive_type"]
    if "float" not in types or "double*" in source.text.replace(" ", ""):
        return
    edits = [edit for node in walk(source.root) if (edit := _single(node)) is not None]
    if edits:
        yield Rewrite("floats()", source.edited(edits))


def _single(node: Node) -> Edit | None:
    text = code(node)
    if node.type == "primitive_type" and text == "double":
        return Edit(node.start_byte, node.end_byte, "float")
    if node.type == "number_literal" and DOUBLE.fullmatch(text):
        return Edit(node.end_byte, node.end_byte, "f")
    function = child(node, "function")
    if node.type == "call_expression" and function is not None and code(function) in MATH:
        return Edit(function.end_byte, function.end_byte, "f")
    return None
