"""The configurations of `@triton.autotune` as a knob: one of them in place of the list.

    @triton.autotune(configs=[triton.Config({"BLOCK": 64}), triton.Config({"BLOCK": 128})], key=["n"])

An autotuner measures on every new shape, by a clock of its own. A list of one is not measured, and what the bench finds
out about the kernel holds for that configuration.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

AUTOTUNE = ("triton.autotune", "autotune")
CONFIG = ("triton.Config", "Config")


@dataclass(frozen=True, slots=True)
class Listed:
    """`start` and `end` enclose the list; `choices` are lists of one."""

    function: str
    value: str
    choices: tuple[str, ...]
    start: int
    end: int


def listed(text: str) -> tuple[Listed, ...]:
    """The lists of two and more configurations that are written out in a decorator. What does not parse has none."""
    if "autotune" not in text:
        return ()
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    starts = _line_starts(text)
    found = []
    for function, node in _lists(tree):
        start, end = (_offset(text, starts, *at) for at in _span(node))
        choices = tuple(dict.fromkeys(f"[{ast.get_source_segment(text, part)}]" for part in node.elts))
        if len(choices) > 1:
            found.append(Listed(function, text[start:end], choices, start, end))
    return tuple(found)


def _lists(tree: ast.Module) -> Iterator[tuple[str, ast.List]]:
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) in AUTOTUNE:
                named = next((k.value for k in decorator.keywords if k.arg == "configs"), None)
                configs = named or next(iter(decorator.args), None)
                if isinstance(configs, ast.List) and all(map(_is_config, configs.elts)):
                    yield function.name, configs


def _is_config(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in CONFIG


def _span(node: ast.List) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)


def _line_starts(text: str) -> list[int]:
    """Lines as the parser counts them: other separators than these end none."""
    starts = [0]
    for number, character in enumerate(text):
        if character == "\n":
            starts.append(number + 1)
    return starts


def _offset(text: str, starts: list[int], line: int, column: int) -> int:
    """Columns are counted in bytes."""
    start = starts[line - 1]
    rest = text[start : starts[line] if line < len(starts) else None]
    return start + len(rest.encode()[:column].decode())
