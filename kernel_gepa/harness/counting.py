"""What one launch of a reference computes and moves, operator by operator as PyTorch runs them. Lies beside worker.py.

Products, convolutions and attention by PyTorch's own table of formulas (its FlopCounterMode would load the compiler
first, which takes 2 s). Element by element: one operation for each element of a result that is made so, one for each
element that is summed, more for what stands for several by the table below. An exponential counts as one, whatever it
takes: the count is never meant to be more than a kernel needs that follows the same formula.
"""

from __future__ import annotations

from typing import Any

# Operations for each element of the first argument, and how many of them are exponentials, logarithms and the like:
# what is left of the formula when constants are folded. By hand, each from its definition.
FORMULAS = {
    "_softmax": (5, 1),  # maximum, difference, exponential, sum, product with one over the sum
    "_log_softmax": (5, 1),  # maximum, difference, exponential, sum, difference
    "logsumexp": (4, 1),
    "native_layer_norm": (7, 0),  # sum, difference, square and sum, product, and the affine map
    "native_group_norm": (7, 0),
    "native_batch_norm": (2, 0),  # by its running statistics it is one affine map
    "_native_batch_norm_legit_no_training": (2, 0),
    "_fused_rms_norm": (4, 0),
    "gelu": (4, 1),  # scale, error function, one more, product with half of x
    "sigmoid": (3, 1),  # exponential, one more, division
    "silu": (4, 1),
    "mish": (6, 1),  # x (n² + 2n) / (n² + 2n + 2) with n = exp(x)
    "softplus": (3, 2),
    "elu": (3, 1),
    "var": (4, 0),
    "linalg_vector_norm": (2, 0),
    "cumsum": (1, 0),
    "sort": (1, 0),  # that each is looked at, is all one can say
    "topk": (1, 0),
    "median": (1, 0),
    "kthvalue": (1, 0),
}
SPECIAL = frozenset(
    (
        *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "pow", "erf", "erfc"),
        *("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh"),
    )
)
MOVES = frozenset(("clone", "copy", "_to_copy", "lift_fresh"))
FILLS = frozenset(  # what was there is not read
    ("fill", "zero", "new_zeros", "new_ones", "new_full", "zeros_like", "ones_like", "full_like")
)
UNWRITTEN = frozenset(("empty", "new_empty", "empty_like", "empty_strided", "new_empty_strided"))
GATHERS = frozenset(("index", "index_select", "gather", "embedding", "take"))  # they read of the table what they return
SCATTERS = {"index_add": 3, "scatter_add": 3, "index_put": 2}  # which argument is added, element by element
POOLS = frozenset({"avg_pool2d", "avg_pool1d", "avg_pool3d", "max_pool2d_with_indices"})
REDUCTIONS = frozenset(("sum", "mean", "amax", "amin", "prod", "argmax", "argmin", "max", "min"))
BILINEAR = 7  # four products and three sums for each result
ATTENTION = frozenset({"_scaled_dot_product_flash_attention_for_cpu"})  # it is in no table of PyTorch's
COUNTED = ("torch.float32", "torch.float64")  # at other types a processor may be faster than was measured


def counted(torch: Any, launch: Any) -> dict[str, int]:
    """Runs `launch` once under a tracer. The keys are those of domain.timing.Counted."""
    from torch.utils._python_dispatch import TorchDispatchMode

    total = dict.fromkeys(("products", "elementwise", "special", "steps", "moved_bytes"), 0)

    class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch types it not
        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return False  # to skip it, it would be loaded

        def __torch_dispatch__(self, called: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = called(*args, **(kwargs or {}))
            for name, value in _step(torch, called, args, kwargs or {}, out).items():
                total[name] += value
            return out

    with Counting():  # type: ignore[no-untyped-call]  # likewise
        launch()
    return total


def _step(torch: Any, called: Any, args: Any, kwargs: Any, out: Any) -> dict[str, int]:
    """What one call adds; nothing for one that only looks at the same memory in another way."""
    read, made = _tensors(torch, (args, kwargs)), _tensors(torch, out)
    if not made or _only_views(called, read, made):
        return {}
    name = called._overloadpacket.__name__
    name = name.removesuffix("_") if called._schema.is_mutable else name
    if name in UNWRITTEN:
        return {}
    found = {"steps": 1, "moved_bytes": _moved(name, read, made)}
    types = {str(t.dtype) for t in (*read, *made) if t.is_floating_point()}
    if types and types <= set(COUNTED):
        products = _products(called, name, args, kwargs, out)
        operations, special = (0, 0) if products else _elementwise(called, name, args, read, made)
        found |= {"products": products, "elementwise": operations, "special": special}
    return found


def _products(called: Any, name: str, args: Any, kwargs: Any, out: Any) -> int:
    from torch.utils.flop_counter import flop_registry

    formula = flop_registry.get(called._overloadpacket)
    if formula is not None:
        return int(formula(*args, **kwargs, out_val=out))
    if name in ATTENTION:
        query, key, value = args[:3]
        return int(2 * query.numel() * key.shape[-2] + 2 * query.numel() // query.shape[-1] * value[0, 0].numel())
    return 0


def _elementwise(called: Any, name: str, args: Any, read: list[Any], made: list[Any]) -> tuple[int, int]:
    """Operations, and how many of them are special."""
    results, first = made[0].numel(), read[0].numel() if read else 0
    if name in FORMULAS:
        each, special = FORMULAS[name]
        return each * first, special * first
    if name in MOVES or name in FILLS:
        return 0, 0
    tags = {str(t) for t in called.tags}
    if "Tag.pointwise" in tags or ("Tag.inplace" in tags and name not in SCATTERS):
        product = name == "pow" and isinstance(args[1], (int, float)) and args[1] in (2, 3)
        return results, results if name in SPECIAL and not product else 0
    return _sums(name, args, first, results, reduces="Tag.reduction" in tags or name in REDUCTIONS), 0


def _sums(name: str, args: Any, first: int, results: int, *, reduces: bool) -> int:
    if name in SCATTERS:
        return int(args[SCATTERS[name]].numel()) if len(args) > SCATTERS[name] else 0
    if name in POOLS:
        return results * _product(args[1] if isinstance(args[1], (list, tuple)) else [args[1]])
    if name == "upsample_bilinear2d":
        return BILINEAR * results
    if name == "_cdist_forward":
        return 3 * results * int(args[0].shape[-1])
    return max(first, results) if reduces else 0


def _only_views(called: Any, read: list[Any], made: list[Any]) -> bool:
    if called._schema.is_mutable:
        return False
    known = {t.untyped_storage().data_ptr() for t in read}
    return all(t.untyped_storage().data_ptr() in known for t in made)


def _moved(name: str, read: list[Any], made: list[Any]) -> int:
    written = sum(_bytes(t) for t in made)
    if name in FILLS:
        return written
    if name in GATHERS:
        return 2 * written + sum(_bytes(t) for t in read[1:])
    return written + sum({id(t): _bytes(t) for t in read}.values())


def _bytes(tensor: Any) -> int:
    """Of different elements: what was expanded lies there once."""
    spread = zip(tensor.shape, tensor.stride(), strict=True)
    return int(_product(extent for extent, stride in spread if stride) * tensor.element_size())


def _tensors(torch: Any, values: Any) -> list[Any]:
    if isinstance(values, torch.Tensor):
        return [values]
    if isinstance(values, dict):
        values = tuple(values.values())
    return [t for value in values for t in _tensors(torch, value)] if isinstance(values, (list, tuple)) else []


def _product(extents: Any) -> int:
    total = 1
    for extent in extents:
        total *= int(extent)
    return total
