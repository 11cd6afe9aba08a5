"""Whose work is it? Tags that say who computes: a kernel of its own, a library, or torch.compile."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from kernel_gepa.domain.provenance import COMPILED, INDUCTOR, LIBRARY, OWN
from kernel_gepa.harness.screening import cpp
from kernel_gepa.harness.screening.cpp_rules import HEADERS, LIBRARY_CALL, words
from kernel_gepa.harness.screening.python import imported_names, qualified

COMPILERS = re.compile(r"torch\.(compile|jit\.(script|trace)|_dynamo\..*|_inductor\..*)")
INLINE = re.compile(r"torch\.utils\.cpp_extension\.(load_inline|load|CUDAExtension|CppExtension)")
REGISTERED = re.compile(r"\b(?:STABLE_)?TORCH_LIBRARY(?:_FRAGMENT)?\s*\(\s*(\w+)")
NOT_OURS = words("aten prim prims quantized mkldnn mkl sparse c10d")  # namespaces that PyTorch fills
JIT = re.compile(r"(triton|numba|cupy|tilelang)\b.*")

# What does the work of a layer. Around a kernel of one's own, reshaping and adding are not worth a word; these are.
HEAVY = words(
    "mm bmm matmul addmm baddbmm addmv mv dot vdot inner outer tensordot einsum linear bilinear conv1d conv2d conv3d "
    "conv_transpose1d conv_transpose2d conv_transpose3d softmax log_softmax scaled_dot_product_attention "
    "multi_head_attention_forward layer_norm batch_norm group_norm instance_norm rms_norm max_pool1d max_pool2d "
    "max_pool3d avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool2d cumsum cumprod sort topk argsort cdist fft rfft "
    "ifft irfft lstm gru rnn embedding cross_entropy nll_loss kl_div convolution"
)


def of_cpp(text: str) -> tuple[str, ...]:
    root = cpp.parsed(text)
    tags = [OWN]
    if any(n.type == "preproc_include" and _library(n) for n in cpp.walk(root)):
        tags.append(LIBRARY)
    if re.search(r"^\s*#\s*pragma\s+omp\b.*\bparallel\b", text, re.MULTILINE):
        tags.append("threads (OpenMP)")
    if re.search(r"^\s*//\s*build:.*(-ffast-math|-Ofast|-funsafe-math-optimizations)", text, re.MULTILINE):
        tags.append("fast-math")
    return tuple(tags)


def _library(include: Node) -> bool:
    name = cpp.text_of(include.child_by_field_name("path")).strip('<>"')
    return re.fullmatch(HEADERS[LIBRARY_CALL], name) is not None


def of_python(tree: ast.Module) -> tuple[str, ...]:
    imported = imported_names(tree)
    called = [qualified(n.func, imported) for n in ast.walk(tree) if isinstance(n, ast.Call)]
    named = [qualified(n, imported) for n in ast.walk(tree) if isinstance(n, (ast.Attribute, ast.Name))]
    inline = any(INLINE.fullmatch(name) for name in called)
    jit = any(JIT.fullmatch(name) for name in named)
    tags = [OWN] if inline or jit else []
    compiled = any(COMPILERS.fullmatch(name) for name in named) or INDUCTOR in _registered(tree)
    heavy = any(_heavy(tree, imported)) or any(_heavy_cpp(text) for text in inline_sources(tree))
    if heavy or not (tags or compiled):
        tags.append(LIBRARY)
    if compiled:
        tags.append(COMPILED)
    if inline:
        tags.append("inline C++")
    if any(name.startswith("triton") for name in named):
        tags.append("Triton")
    if any(_lowers_precision(n) for n in ast.walk(tree)):
        tags.append("half precision inside")
    return tuple(tags)


def inline_sources(tree: ast.Module) -> Iterator[str]:
    """Texts of a module that are C++, where it compiles any: whatever looks like it, docstrings apart."""
    named = {*imported_names(tree).values(), *(n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute))}
    if not any("cpp_extension" in name for name in named):
        return
    docstrings = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            text = node.value
            if ("{" in text and ";" in text) or re.search(r"^\s*#\s*(include|define)\b", text, re.MULTILINE):
                yield text


def own_operators(tree: ast.Module) -> tuple[str, ...]:
    """What operators start with that the module's own C++ registers: `torch.ops.NAMESPACE.`"""
    return tuple(f"torch.ops.{name}." for name in sorted(_registered(tree) - NOT_OURS))


def _registered(tree: ast.Module) -> set[str]:
    return {name for text in inline_sources(tree) for name in REGISTERED.findall(text)}


def _heavy(tree: ast.Module, imported: Mapping[str, str]) -> Iterator[bool]:
    layers, own = _layers(tree, imported), own_operators(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute() as function) if qualified(function, imported).startswith(own):
                pass
            case ast.Call(func=ast.Attribute() as function) if JIT.fullmatch(qualified(function, imported)):
                pass  # tl.dot, tl.cumsum: what a kernel is written with
            case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
                yield True
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                yield name in layers
            case ast.Call(func=ast.Attribute(attr=name)):
                yield name in HEAVY
            case ast.Call(func=ast.Name(id=name)):
                yield imported.get(name, "").rpartition(".")[2] in HEAVY
            case _:
                pass


def _layers(tree: ast.Module, imported: Mapping[str, str]) -> frozenset[str]:
    """Attributes that hold a layer of torch.nn; parameters and buffers are no layers."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = qualified(node.value.func, imported)
            if made.startswith("torch.nn.") and not made.endswith(("Parameter", "Identity", "ParameterList", "Buffer")):
                found |= {t.attr for t in node.targets if isinstance(t, ast.Attribute)}
    return frozenset(found)


def _heavy_cpp(text: str) -> bool:
    return any(
        node.type == "call_expression"
        and re.split(r"::|\.|->", cpp.text_of(node.child_by_field_name("function")))[-1] in HEAVY
        and re.search(r"\b(at|torch)::|\.|->", cpp.text_of(node.child_by_field_name("function"))) is not None
        for node in cpp.walk(cpp.parsed(text))
    )


def _lowers_precision(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ("half", "bfloat16", "float16", "autocast")
