"""C++ text as a syntax tree, and edits on the text that leave everything else as it was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import tree_sitter_cpp
from tree_sitter import Language, Node, Parser

UNIT = "    "


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A whole new text and the words for what was done: `interchange(i, k)`. The kind is what stands before `(`."""

    name: str
    text: str

    @property
    def kind(self) -> str:
        return self.name.partition("(")[0]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the bytes from `start` to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """One text and its tree. Offsets are bytes of UTF-8, as the parser counts them."""

    code: bytes
    root: Node

    @classmethod
    def parse(cls, text: str) -> Source:
        code = text.encode()
        return cls(code, _parser().parse(code).root_node)

    @property
    def text(self) -> str:
        return self.code.decode()

    def edited(self, edits: Iterable[Edit]) -> str:
        """The text after edits that do not overlap; of two at one place, the one given first stands first."""
        pieces, done = [], 0
        for edit in sorted(edits, key=lambda e: (e.start, e.end)):
            pieces += [self.code[done : edit.start], edit.text.encode()]
            done = edit.end
        return b"".join([*pieces, self.code[done:]]).decode()

    def indent(self, node: Node) -> str:
        """The white space that opens the line on which `node` starts."""
        line = self.code[self.code.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte].decode()
        return line[: len(line) - len(line.lstrip())]

    def opens_line(self, node: Node) -> bool:
        return not self.code[self.code.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte].strip()

    def lines(self, node: Node) -> list[str]:
        """The text of a node without the indentation of the place where it stands."""
        return dedented(code(node), self.indent(node))

    def replaced(self, node: Node, lines: Iterable[str]) -> Edit:
        """Puts `lines`, written from column 0, in the place of `node`."""
        return Edit(node.start_byte, node.end_byte, f"\n{self.indent(node)}".join(lines))

    def fresh(self, name: str) -> str:
        """`name`, or `name2`, `name3`, … when the text already uses it."""
        taken, number, free = names(self.root), 1, name
        while free in taken:
            number += 1
            free = f"{name}{number}"
        return free


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_cpp.language()))


def code(node: Node) -> str:
    return node.text.decode().rstrip("\n") if node.text is not None else ""


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(current.children))


def ancestors(node: Node) -> Iterator[Node]:
    """What encloses the node, innermost first."""
    above = node.parent
    while above is not None:
        yield above
        above = above.parent


def names(node: Node) -> set[str]:
    """Every identifier that the node mentions."""
    return {code(n) for n in walk(node) if n.type == "identifier"}


def child(node: Node, field: str) -> Node | None:
    return node.child_by_field_name(field)


def substituted(source: Source, node: Node, replacements: Mapping[str, str]) -> list[str]:
    """The lines of a node with identifiers replaced by expressions that bind as tightly as a name."""
    text, start = node.text or b"", node.start_byte
    found = [n for n in walk(node) if n.type == "identifier" and code(n) in replacements]
    for name in reversed(found):
        new = replacements[code(name)].encode()
        text = text[: name.start_byte - start] + new + text[name.end_byte - start :]
    return dedented(text.decode().rstrip("\n"), source.indent(node))


def dedented(text: str, indent: str) -> list[str]:
    first, *rest = text.split("\n")
    return [first, *(line.removeprefix(indent) for line in rest)]


def indented(lines: Iterable[str]) -> list[str]:
    return [UNIT + line if line.strip() else line for line in lines]


def braced(header: str, body: Iterable[str]) -> list[str]:
    return [f"{header} {{", *indented(body), "}"]
