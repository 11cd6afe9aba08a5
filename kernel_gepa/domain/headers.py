"""What inline C++ in a module costs to compile, as far as its text tells: PyTorch's headers, not the code."""

from __future__ import annotations

import ast
import re

HEAVY = re.compile(r"#\s*include\s*[<\"](torch/(extension|torch|all|types|library|script)\.h|ATen/ATen\.h)")

# The ways out, in the words of an author who has to write the next kernel.
LIGHTER = """\
Most of the time to load this kernel is spent on PyTorch's C++ headers (20 s and more, against 2 s) and not on its code.
Include only <torch/csrc/stable/library.h>, <torch/csrc/stable/ops.h> and <torch/csrc/stable/tensor.h>, call
load_inline with no_implicit_headers=True and is_python_module=False and without `functions`, take and return
torch::stable::Tensor (numel(), size(i), const_data_ptr<float>(), mutable_data_ptr<float>(); torch::stable::empty_like),
register it by STABLE_TORCH_LIBRARY(ns, m) { m.def("f(Tensor x) -> Tensor"); } and
STABLE_TORCH_LIBRARY_IMPL(ns, CPU, m) { m.impl("f", TORCH_BOX(&f)); }, and call torch.ops.ns.f(x)."""


def heavy(kernel: str) -> bool:
    """Whether a module compiles C++ that includes all of PyTorch. load_inline adds such a header by itself."""
    try:
        tree = ast.parse(kernel)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(_adds_headers(n) or _includes_headers(n) for n in ast.walk(tree))


def _adds_headers(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    said = {k.arg: k.value for k in node.keywords}.get("no_implicit_headers")
    return name == "load_inline" and not (isinstance(said, ast.Constant) and said.value is True)


def _includes_headers(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(HEAVY.search(node.value))
