"""What Python gives away, read as a syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from kernel_gepa.harness.screening import python_rules as rules
from kernel_gepa.harness.screening.cpp_rules import PATHS

# Names under which a file of the task could lie beside a candidate.
TASK_FILES = frozenset({"reference", "task", "model", "problem", "baseline", "solution"})


def reasons(tree: ast.Module, task_id: str) -> Iterator[str]:
    """Why a kernel with this text is refused, for whatever it delegates to."""
    imported, bound = imported_names(tree), _bound(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from _import(node, task_id)
            case ast.Name(ctx=ast.Load()):
                yield from _name(node.id, imported, bound)
            case ast.Attribute():
                yield from _attribute(node, imported)
            case ast.Call():
                yield from _call(node, imported)
            case ast.Try() | ast.TryStar():
                if not all(isinstance(h.body[-1], ast.Raise) for h in node.handlers):
                    yield "falls back by try/except"
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in rules.SPECIAL_METHODS:
                yield f"defines {name}: {rules.SPECIAL_METHODS[name]}"
            case ast.ClassDef():
                yield from _class(node, imported)
            case ast.Constant(value=str(text)) if "\n" not in text and re.search(PATHS, text):
                yield f"names a file or a setting of the system: {text[:60]!r}"
            case _:
                pass


def _name(name: str, imported: Mapping[str, str], bound: frozenset[str]) -> Iterator[str]:
    if name in rules.BUILTINS and not (name in bound and name in rules.EVERYDAY):
        yield f"uses {name}()"
    elif "." in (dotted := imported.get(name, "")):  # from torch import save
        yield from _dotted(dotted)


def _import(node: ast.Import | ast.ImportFrom, task_id: str) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.level:
        yield "imports a file beside it: a kernel is one text"
    modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for module in modules:
        first = module.split(".")[0]
        if first in rules.MODULES:
            yield f"imports {first}: {rules.MODULES[first]}"
        elif first in TASK_FILES or first == task_id:
            yield f"imports {first}: delegates to the reference"
        if isinstance(node, ast.Import):
            yield from _dotted(module)
        else:
            for alias in node.names:
                yield from _dotted(f"{module}.{alias.name}")
    if isinstance(node, ast.ImportFrom) and any(a.name == "Model" for a in node.names):
        yield "delegates to the reference"


def _attribute(node: ast.Attribute, imported: Mapping[str, str]) -> Iterator[str]:
    if node.attr in rules.ATTRIBUTES:
        yield f"reaches for {node.attr}: {rules.ATTRIBUTES[node.attr]}"
    yield from _dotted(qualified(node, imported))
    if not isinstance(node.ctx, ast.Load):
        yield from _patches(node, imported)


def _dotted(name: str) -> Iterator[str]:
    """What `name`, written out from its module, is refused for."""
    package, *parts = name.split(".")
    table = {"torch": rules.TORCH, "numpy": rules.NUMPY}.get(package, {})
    for length in range(1, len(parts) + 1):
        found = ".".join(parts[:length])
        if found in table:
            yield f"uses {package}.{found}: {table[found]}"


def _call(node: ast.Call, imported: Mapping[str, str]) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[of, ast.Constant(value=str(name)), *_]):
            if name in rules.ATTRIBUTES or name in rules.SPECIAL_METHODS:
                yield f"reaches for {name}"
            elif isinstance(of, ast.Name) and of.id in imported:
                yield from _dotted(f"{imported[of.id]}.{name}")
        case ast.Call(func=ast.Name(id="getattr"), args=[of, *_]) if not _is_self(of):
            yield "reaches for a name that it makes while it runs"
        case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[of, *_]) if not _is_self(of):
            yield f"patches {ast.unparse(of)}"
        case ast.Call(args=[ast.Constant(value=str(namespace)), *_]):
            called = qualified(node.func, imported)
            if called in ("torch.library.Library", "torch.library.impl") and namespace.split("::")[0] in (
                "aten",
                "prims",
            ):
                yield f"patches torch's operators ({namespace})"
        case _:
            pass
    if qualified(node.func, imported) == "contextlib.suppress":
        yield "falls back by suppress()"


def _is_self(node: ast.expr) -> bool:
    """`self`, or something below it: a module may name its own parts as it likes."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id == "self"


def _class(node: ast.ClassDef, imported: Mapping[str, str]) -> Iterator[str]:
    for base in node.bases:
        name = qualified(base, imported)
        if name in ("torch.Tensor", "torch._C.TensorBase"):
            yield "makes tensors of its own kind: pretends to be a tensor"
        elif name.endswith(("TorchFunctionMode", "TorchDispatchMode")):
            yield "patches torch's operators"


def _patches(node: ast.Attribute, imported: Mapping[str, str]) -> Iterator[str]:
    """Assignments to what was imported, and to the class of something, by whatever statement."""
    root: ast.expr = node
    while isinstance(root, (ast.Attribute, ast.Subscript)):
        root = root.value
    of_type = isinstance(root, ast.Call) and isinstance(root.func, ast.Name) and root.func.id == "type"
    if of_type or (isinstance(root, ast.Name) and root.id in imported):
        yield f"patches {ast.unparse(node)}"


def qualified(node: ast.expr, imported: Mapping[str, str]) -> str:
    """`F.relu` as `torch.nn.functional.relu`; empty for what does not start at an import."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in imported:
        return ""
    return ".".join([imported[node.id], *reversed(parts)])


def imported_names(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for, other names for it included: after `t = torch.nn`, t is torch.nn."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
    for _ in range(3):  # aliases of aliases; nobody honest goes further
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Name, ast.Attribute)):
                name = qualified(node.value, found)
                for target in node.targets:
                    if name and isinstance(target, ast.Name):
                        found.setdefault(target.id, name)
    return found


def _bound(tree: ast.Module) -> frozenset[str]:
    """Names that the text gives a meaning of its own."""
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    names |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    names |= {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return frozenset(
        names | {a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    )
