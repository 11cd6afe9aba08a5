"""Is a module a copy of the reference, or does it call it?"""

from __future__ import annotations

import ast

from kernel_gepa.domain.task import Task


def of_reference(tree: ast.Module, task: Task) -> str | None:
    """The reason why this module is the reference's work; None when it is its own."""
    new, old = _class(tree, "ModelNew"), _class(ast.parse(task.reference), "Model")
    own = _class(tree, "Model")
    if new is None:
        return None
    if old is not None and any(_shape(new) == _shape(c) for c in (old, own) if c is not None):
        return "is a copy of the reference"
    # A class of its own may be called Model too, if it is another one.
    is_own = own is not None and old is not None and _shape(own) != _shape(old)
    if not is_own and any(isinstance(n, ast.Name) and n.id == "Model" for n in ast.walk(tree)):
        return "delegates to the reference"
    return None


def _class(tree: ast.Module, name: str) -> ast.ClassDef | None:
    return next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name), None)


def _shape(node: ast.ClassDef) -> str:
    """The class without names of its own, docstrings and annotations: equal for a copy in other words."""
    copied = ast.parse(ast.unparse(node))
    return ast.dump(_Plain().visit(copied))


class _Plain(ast.NodeTransformer):
    """Parameters and local variables are numbered in the order in which they are met."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {"ModelNew": "Model"}

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        return self._body(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns, node.type_comment = None, None
        outside, self._names = self._names, dict(self._names)
        assigned = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        for name in [*(n.arg for n in ast.walk(node.args) if isinstance(n, ast.arg)), *assigned]:
            self._names.setdefault(name, f"v{len(self._names)}")
        visited = self._body(node)
        self._names = outside
        return visited

    def _body(self, node: ast.ClassDef | ast.FunctionDef) -> ast.AST:
        node.body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._names.get(node.arg, node.arg))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)
