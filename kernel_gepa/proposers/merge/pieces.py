"""A kernel's source in pieces that can be exchanged: functions, declarations, and regions that somebody declared.

    // region: NAME  …  // endregion        `#` in Python; what stands between the two lines is one piece

A piece is whole lines and has a name that survives a change of its content. All pieces together are the text.
C++ is read by tree-sitter, Python by its own parser; a text with a syntax error is one piece.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import tree_sitter_cpp
from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser

from kernel_gepa.domain.task import Language

_REGION = re.compile(r"^\s*(?://|#)\s*(?:(?P<start>region)\b:?\s*(?P<name>.*?)|endregion\b.*)\s*$")
_HOLDERS = ("linkage_specification", "namespace_definition")  # their contents are taken apart too
_NAMED = ("identifier", "field_identifier", "type_identifier", "qualified_identifier", "operator_name")


@dataclass(frozen=True, slots=True)
class Piece:
    name: str
    text: str


def pieces(text: str, language: Language | None) -> tuple[Piece, ...]:
    """Of a text that has no parts, one."""
    starts = dict(_starts(text, language))
    lines, found, seen = _lines(text), list[Piece](), Counter[str]()
    marks = [0, *sorted(line for line in starts if 0 < line < len(lines)), len(lines)]
    for start, end in pairwise(marks):
        name = starts.get(start, "top")
        seen[name] += 1
        found.append(Piece(name if seen[name] == 1 else f"{name}#{seen[name]}", "".join(lines[start:end])))
    return tuple(piece for piece in found if piece.text)


def _lines(text: str) -> list[str]:
    """With their ends; only line feeds end a line, as for the parsers."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _starts(text: str, language: Language | None) -> Iterator[tuple[int, str]]:
    """The lines on which a piece begins, and its name. Declared regions come last: they decide within themselves."""
    if language is Language.CPP:
        found = dict(_cpp(text))
    elif language is Language.PYTHON:
        found = dict(_python(text))
    else:
        found = {}
    opened: tuple[int, str] | None = None
    for number, line in enumerate(_lines(text)):
        mark = _REGION.match(line)
        if mark is None:
            continue
        if mark["start"]:
            opened = (number, mark["name"])
        elif opened is not None:
            first, name = opened
            found = {at: what for at, what in found.items() if not first <= at <= number}
            found |= {first: f"region {name}", number + 1: f"after {name}"}
            opened = None
    yield from found.items()


def _cpp(text: str) -> Iterator[tuple[int, str]]:
    root = _parser().parse(text.encode()).root_node
    if not root.has_error:
        yield from _of_nodes(root.children)


def _of_nodes(nodes: list[Node]) -> Iterator[tuple[int, str]]:
    """A comment belongs to what follows it, unless it stands behind something on the same line."""
    busy, comment = -1, None
    for node in nodes:
        first, last = node.start_point.row, _last_row(node)
        if first <= busy or not node.is_named:
            busy = max(busy, last)
            continue
        busy = last
        if node.type == "comment" and not (node.text or b"").lstrip(b"/ ").startswith(b"build:"):
            comment = first if comment is None else comment
            continue
        body = node.child_by_field_name("body")
        yield first if comment is None else comment, _name(node)
        comment = None
        if node.type in _HOLDERS and body is not None and body.type == "declaration_list":
            yield from _of_nodes(body.children)
            if last > first:
                yield last, f"end of {_name(node)}"


def _last_row(node: Node) -> int:
    """A directive ends with its line feed, which the parser counts to it."""
    return node.end_point.row - (node.end_point.column == 0)


def _name(node: Node) -> str:
    """The kind and what is declared, without what is said about it."""
    if node.type == "comment":
        return "build"
    if node.type in ("preproc_include", "using_declaration"):
        return " ".join((node.text or b"").decode().split())
    inner = _inner(node)
    declared = inner.child_by_field_name("name") or _declared(inner)
    name = (declared.text or b"").decode() if declared is not None else ""
    return f"{node.type} {name}".strip()


def _inner(node: Node) -> Node:
    """What a template or `extern "C"` stands before, where it is one thing."""
    body = node.child_by_field_name("body") if node.type == "linkage_specification" else None
    if node.type == "template_declaration":
        body = node.named_children[-1]
    return node if body is None or body.type == "declaration_list" else _inner(body)


def _declared(node: Node) -> Node | None:
    """Down the declarators to the name."""
    inner = node.child_by_field_name("declarator")
    if inner is None:
        return next((child for child in node.children if child.type in _NAMED), None)
    return inner if inner.type in _NAMED else _declared(inner)


def _python(text: str) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    yield from _of_statements(tree.body, "")


def _of_statements(body: list[ast.stmt], within: str) -> Iterator[tuple[int, str]]:
    busy = -1
    for statement in body:
        decorated = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(d.lineno for d in decorated)]) - 1
        if first <= busy:
            continue
        busy = (statement.end_lineno or statement.lineno) - 1
        yield first, within + _said(statement)
        if isinstance(statement, ast.ClassDef):
            yield from _of_statements(statement.body, f"{statement.name}.")


def _said(statement: ast.stmt) -> str:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return f"def {name}"
        case ast.Assign(targets=[ast.Name(id=name), *_]) | ast.AnnAssign(target=ast.Name(id=name)):
            return f"let {name}"
        case ast.Import() | ast.ImportFrom():
            return ast.unparse(statement)
    return type(statement).__name__


@cache
def _parser() -> Parser:
    return Parser(Grammar(tree_sitter_cpp.language()))
