"""Workloads as their authors write them: `"float32[rows=64, cols=4096] ~ uniform(0, 1)"`, or a plain number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite

from kernel_gepa.domain import distribution
from kernel_gepa.domain.distribution import Distribution
from kernel_gepa.domain.task import ELEMENT_BYTES, Input, ScalarSpec, TensorSpec
from kernel_gepa.errors import TaskError

FORM = "dtype[extent, name=extent, ...] ~ distribution"
WRITTEN = re.compile(r"\s*(?P<dtype>\w+)\s*\[(?P<extents>[^\]]*)\]\s*(~\s*(?P<distribution>.+))?")
# What each type can hold, for a range to be drawn from.
RANGE = {
    "float64": (-1e300, 1e300),
    "float32": (-3.4e38, 3.4e38),
    "bfloat16": (-3.38e38, 3.38e38),
    "float16": (-65504.0, 65504.0),
    "bool": (0, 1),
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32)},
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
}
EXTENT = re.compile(r"(?:(?P<name>[A-Za-z_]\w*)\s*=\s*)?(?P<extent>\d+)")


def inputs(workload: str, written: object) -> tuple[Input, ...]:
    """The inputs of one workload in the order of the mapping. Raises TaskError with the form that is expected."""
    if not isinstance(written, Mapping) or not written:
        raise TaskError(
            f'workload {workload!r} must map the names of the inputs to their forms, as in {{"x": "float32[n=1024]"}}'
        )
    named: dict[str, int] = {}
    found = tuple(_input(workload, str(name), value, named) for name, value in written.items())
    twice = {i.name for i in found if isinstance(i, ScalarSpec)} & named.keys()
    if twice:
        raise TaskError(f"workload {workload!r}: {', '.join(sorted(twice))} names a number and an extent; rename one")
    return found


def _input(workload: str, name: str, written: object, named: dict[str, int]) -> Input:
    if isinstance(written, (bool, int, float)):
        if not isfinite(written):
            raise TaskError(f"input {name!r} of workload {workload!r} is {written}; it must be a finite number")
        return ScalarSpec(name, written)
    if not isinstance(written, str):
        raise TaskError(f"input {name!r} of workload {workload!r} must be a number or a text such as {FORM!r}")
    return tensor(f"input {name!r} of workload {workload!r}", name, written, named)


def tensor(where: str, name: str, written: str, named: dict[str, int]) -> TensorSpec:
    """`named` holds the extents that were named so far and takes in the new ones."""
    found = WRITTEN.fullmatch(written)
    if found is None:
        raise TaskError(f"{where} is {written!r}; write it as {FORM}")
    dtype = found["dtype"]
    if dtype not in ELEMENT_BYTES:
        raise TaskError(f"{where} has the dtype {dtype!r}; known are {', '.join(ELEMENT_BYTES)}")
    shape, dims = _extents(where, found["extents"], named)
    drawn = (found["distribution"] or distribution.default(dtype)).strip()
    try:
        parsed = distribution.parse(drawn)
    except ValueError as error:
        raise TaskError(f"{where}: {error}") from None
    if "float" not in dtype and parsed.kind != "integers":
        raise TaskError(f"{where} is of dtype {dtype} and needs integers(a, b), not {drawn}")
    _holds(where, dtype, parsed)
    return TensorSpec(name, dtype, shape, dims, drawn)


def _holds(where: str, dtype: str, drawn: Distribution) -> None:
    """A range that the type cannot hold would wrap around, or become infinite, without a word."""
    written = f"{drawn.kind}({drawn.low:g}, {drawn.high:g})"
    if drawn.kind == "integers" and isfinite(drawn.high - drawn.low) and (drawn.low % 1 or drawn.high % 1):
        raise TaskError(f"{where}: {written} needs whole numbers")
    smallest, largest = RANGE[dtype]
    last = drawn.high - 1 if drawn.kind == "integers" else drawn.high
    if not smallest <= drawn.low <= last <= largest:
        raise TaskError(f"{where}: {written} does not fit into {dtype}")


def _extents(where: str, written: str, named: dict[str, int]) -> tuple[tuple[int, ...], tuple[str | None, ...]]:
    shape: list[int] = []
    dims: list[str | None] = []
    for part in filter(None, (p.strip() for p in written.split(","))):
        found = EXTENT.fullmatch(part)
        if found is None and part not in named:
            raise TaskError(
                f"{where}: the extent {part!r} is neither a number, nor name=number, nor a name given before"
            )
        name = found["name"] if found else part
        extent = int(found["extent"]) if found else named[part]
        if name and named.setdefault(name, extent) != extent:
            raise TaskError(f"{where}: {name} is {extent} here and {named[name]} before")
        shape.append(extent)
        dims.append(name)
    return tuple(shape), tuple(dims)
