"""How an entry of the catalogue becomes a row of NPUEval's schema."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Scalar = int | float
C_TYPES = {"float32": "float", "bfloat16": "bfloat16"}


@dataclass(frozen=True)
class Operand:
    """`shape` follows from the size; `low` and `high` bound what is drawn."""

    name: str
    dtype: str
    shape: Callable[[int], tuple[int, ...]]
    low: float = -128
    high: float = 127


@dataclass(frozen=True)
class Entry:
    """`model` takes the inputs, then the scalars, in float64 or int64; `body` is C++ in which {n} is the size."""

    name: str
    what: str
    inputs: tuple[Operand, ...]
    output: Operand
    model: Callable[..., Array]
    body: str
    scalars: Mapping[str, tuple[str, Scalar]] = field(default_factory=dict)
    sizes: tuple[int, ...] = (256, 512, 1024)
    tolerance: float | None = None


def flat(n: int) -> tuple[int, ...]:
    return (n,)


def one(n: int) -> tuple[int, ...]:  # noqa: ARG001  of any size
    return (1,)


def bfloat16(values: Array) -> Array:
    """The nearest values that bfloat16 has, ties to even, in float32."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


def row(entry: Entry, size: int) -> dict[str, Any]:
    """One row; the same for the same entry and size."""
    rng = np.random.default_rng([zlib.crc32(entry.name.encode()), size])
    drawn = {o.name: _drawn(o, size, rng) for o in entry.inputs}
    wide: list[Array] = [v.astype("float64" if v.dtype.kind == "f" else "int64") for v in drawn.values()]
    result = np.asarray(entry.model(*wide, *(value for _, value in entry.scalars.values())))
    output = _as(result.reshape(entry.output.shape(size)), entry.output.dtype)
    name = f"{entry.name}_{size}"
    parameters = ", ".join(
        [
            *(f"{c_type(o.dtype)} *{o.name}" for o in (*entry.inputs, entry.output)),
            *(f"{c_type(dtype)} {scalar}" for scalar, (dtype, _) in entry.scalars.items()),
        ]
    )
    vectors = {
        "inputs": [{o.name: drawn[o.name].tolist(), "dtype": o.dtype} for o in entry.inputs],
        "outputs": [{entry.output.name: output.tolist(), "dtype": entry.output.dtype}],
    }
    if entry.scalars:
        vectors["rtps"] = [{s: value, "dtype": dtype} for s, (dtype, value) in entry.scalars.items()]
    made: dict[str, Any] = {
        "kernel_name": name,
        "prompt": _prompt(entry, name, parameters, size, output),
        "canonical_solution": entry.body.replace("{n}", str(size)).strip() + "\n}",
        "program_code": _wrapper(entry, name, parameters),
        "test_vectors": vectors,
    }
    if entry.tolerance is not None:
        made["tolerances"] = {"atol": entry.tolerance, "rtol": entry.tolerance}
    return made


def c_type(dtype: str) -> str:
    return C_TYPES.get(dtype, f"{dtype}_t")


def line(made: Mapping[str, Any]) -> str:
    return json.dumps(made)


def _drawn(operand: Operand, size: int, rng: np.random.Generator) -> Array:
    shape = operand.shape(size)
    if operand.dtype in C_TYPES:
        return _as(rng.uniform(operand.low, operand.high, shape), operand.dtype)
    return _as(rng.integers(int(operand.low), int(operand.high), shape, endpoint=True), operand.dtype)


def _as(values: Array, dtype: str) -> Array:
    return bfloat16(values) if dtype == "bfloat16" else values.astype(dtype)


def _prompt(entry: Entry, name: str, parameters: str, size: int, output: Array) -> str:
    sizes = [f"{o.name} size: {int(np.prod(o.shape(size)))}" for o in entry.inputs]
    sizes += [f"{entry.output.name} size: {output.size}"]
    sizes += [f"{scalar}: {value}" for scalar, (_, value) in entry.scalars.items()]
    told = "\n".join(sizes)
    return (
        f"/*\n{entry.what}\n"
        f"This kernel should be optimized for the following input/output buffer shapes and parameters:\n{told}\n*/\n"
        '#include <aie_api/aie.hpp>\n#include "aie_kernel_utils.h"\n\n'
        f"void {name}({parameters}) {{\n    // Implementation goes here\n}}\n"
    )


def _wrapper(entry: Entry, name: str, parameters: str) -> str:
    passed = ", ".join([*(o.name for o in (*entry.inputs, entry.output)), *entry.scalars])
    return (
        f'extern "C" {{\n    void {name}_wrapper({parameters}) {{\n'
        "        ::aie::set_rounding(aie::rounding_mode::positive_inf);\n"
        f"        event0();\n        {name}({passed});\n        event1();\n    }}\n}}"
    )
