"""What a user's `kernel.py` may be, found out by looking at it. Looking never imports: the file's code runs in workers.

(a) KernelBench form: `class Model`, `get_inputs`, `get_init_inputs`, and maybe `class ModelNew`, the kernel; several
    workloads, which that form has no words for, are named by `get_workloads`
(b) our own form: `reference(*inputs)`, `workloads()`, maybe `tolerance`, and `kernel`, source or a file beside it
(c) a C or C++ file, with a file of form (b) that may leave out `kernel` as its reference
"""

from __future__ import annotations

import ast
import io
import re
from dataclasses import dataclass
from pathlib import Path

from kernel_gepa.domain.task import STRESSES, Form
from kernel_gepa.errors import TaskError

# What only the judge needs: a candidate is not shown how it is asked.
JUDGES = {"get_inputs", "get_init_inputs", "get_workloads"}
NATIVE_SUFFIXES = (".c", ".cpp", ".cc", ".cxx", ".c++")

FORMS = """It may be one of these:
(a) KernelBench form: a Python file with class Model, get_inputs() and get_init_inputs(), and maybe class ModelNew
(b) a Python file with reference(*inputs), workloads() and kernel = "file.cpp" or "file.c" (or the source itself)
(c) a C or C++ file (.c, .cpp) together with --reference reference.py, a file of form (b) that needs no `kernel` then"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A task as far as it can be known without running anything."""

    id: str
    source: Path
    statement: str
    form: Form
    reference: str
    kernel: str
    kernel_path: Path | None  # the file that holds the kernel's text, when it is not inside the task's own file
    start_is_reference: bool = False
    stress: tuple[str, ...] = STRESSES


def look(path: Path, *, reference: Path | None = None) -> Draft:
    """Raises TaskError that explains the accepted forms."""
    text = read(path)
    if path.suffix in NATIVE_SUFFIXES:
        if reference is None:
            what = "C" if path.suffix == ".c" else "C++"
            raise TaskError(
                f"{path} is {what} and says nothing of what is right; add --reference reference.py.\n{FORMS}"
            )
        return _with_kernel(reference, read(reference), kernel=text, kernel_path=path, name=path.stem)
    if reference is not None:
        return _against(path, text, reference)
    names = _top_level(path, text)
    if {"Model", "get_inputs"} <= names:
        return _kernelbench(path, text, names)
    if {"reference", "workloads"} <= names:
        return _own_form(path, text)
    missing = "it defines " + (", ".join(sorted(names)) or "nothing")
    raise TaskError(f"{path} is of no known form: {missing}.\n{FORMS}")


def _against(path: Path, text: str, reference: Path) -> Draft:
    """A KernelBench-form candidate in a file of its own."""
    held = read(reference)
    names = _top_level(reference, held)
    if not {"Model", "get_inputs"} <= names:
        raise TaskError(
            f"{path} is Python, so {reference} must be of KernelBench form (class Model, get_inputs).\n{FORMS}"
        )
    if "ModelNew" not in _top_level(path, text):
        raise TaskError(f"{path} defines no class ModelNew, so there is no kernel in it.\n{FORMS}")
    stress = _stress(reference, held)
    return Draft(reference.stem, reference, _docstring(held), Form.KERNELBENCH, held, text, path, stress=stress)


def _own_form(path: Path, text: str) -> Draft:
    kernel = _string(path, text, "kernel")
    if kernel is None:
        raise TaskError(
            f'{path} has no `kernel = "file.cpp"` with a plain string, so there is nothing to start from.\n{FORMS}'
        )
    if "\n" in kernel:
        return _with_kernel(path, text, kernel=kernel, kernel_path=None, name=path.stem)
    beside = path.parent / kernel
    return _with_kernel(path, text, kernel=read(beside), kernel_path=beside, name=path.stem)


def _with_kernel(path: Path, text: str, *, kernel: str, kernel_path: Path | None, name: str) -> Draft:
    if not {"reference", "workloads"} <= _top_level(path, text):
        raise TaskError(
            f"{path} defines no reference() and workloads(), which a C or C++ kernel is judged by.\n{FORMS}"
        )
    return Draft(name, path, _docstring(text), Form.NATIVE, text, kernel, kernel_path, stress=_stress(path, text))


def _kernelbench(path: Path, text: str, names: set[str]) -> Draft:
    """Without a ModelNew the search starts from the reference itself, marked as such."""
    given = "ModelNew" in names
    kernel = _without(text, {"Model", *JUDGES}) if given else _as_start(text)
    return Draft(
        path.stem,
        path,
        _docstring(text),
        Form.KERNELBENCH,
        text,
        kernel,
        None,
        start_is_reference=not given,
        stress=_stress(path, text),
    )


def _without(text: str, dropped: set[str]) -> str:
    """The module less those definitions, unless something that stays refers to them."""
    tree = ast.parse(text)
    kept = [n for n in tree.body if getattr(n, "name", None) not in dropped]
    used = {n.id for k in kept for n in ast.walk(k) if isinstance(n, ast.Name)}
    lines = _lines(text)
    for node in reversed(tree.body):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name in dropped - used:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            del lines[first - 1 : node.end_lineno]
    return "".join(lines).rstrip() + "\n"


def _as_start(text: str) -> str:
    """The reference with its class renamed, and without what only the judge needs."""
    kept = _without(text, JUDGES)
    lines = _lines(kept)
    spots = [spot for node in ast.walk(ast.parse(kept)) if (spot := _names_model(node, lines))]
    for line, column in sorted(spots, reverse=True):
        raw = lines[line - 1].encode()
        lines[line - 1] = (raw[:column] + b"ModelNew" + raw[column + len("Model") :]).decode()
    return "".join(lines)


def _names_model(node: ast.AST, lines: list[str]) -> tuple[int, int] | None:
    """Where the name stands, as line and column in bytes, when this is a use or the definition of Model."""
    if isinstance(node, ast.Name) and node.id == "Model":
        return node.lineno, node.col_offset
    if isinstance(node, ast.ClassDef) and node.name == "Model":
        head = re.compile(rb"class\s+(?=Model\b)").match(lines[node.lineno - 1].encode(), node.col_offset)
        return (node.lineno, head.end()) if head else None
    return None


def _lines(text: str) -> list[str]:
    """As the parser counts them: str.splitlines would also split at form feeds and at Unicode's separators."""
    return io.StringIO(text, newline="\n").readlines()


def read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        raise TaskError(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TaskError(f"{path} cannot be read as text: {error}") from None


def _parsed(path: Path, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        raise TaskError(f"{path} is not Python: {error}") from None


def _top_level(path: Path, text: str) -> set[str]:
    return {node.name for node in _parsed(path, text).body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def _docstring(text: str) -> str:
    return ast.get_docstring(ast.parse(text)) or ""


def _stress(path: Path, text: str) -> tuple[str, ...]:
    """What the file lets its inputs be stressed by: everything when it says nothing, nothing for `stress = False`."""
    value = _assigned(path, text, "stress")
    if value is None:
        return STRESSES
    try:
        written = ast.literal_eval(value)
    except ValueError:
        written = None
    if isinstance(written, bool):
        return STRESSES if written else ()
    if isinstance(written, (list, tuple)) and all(name in STRESSES for name in written):
        return tuple(name for name in STRESSES if name in written)
    raise TaskError(
        f"stress of {path} is {ast.unparse(value)}; write False, or a list of some of {', '.join(STRESSES)}"
    )


def _string(path: Path, text: str, name: str) -> str | None:
    value = _assigned(path, text, name)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _assigned(path: Path, text: str, name: str) -> ast.expr | None:
    """What the last plain assignment of the module to `name` puts there."""
    found = None
    for node in _parsed(path, text).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            found = node.value
    return found
