"""Workloads as their authors write them: `"float32[rows=64, cols=4096] ~ uniform(0, 1)"`, or a plain number."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kernel_gepa.domain import distribution
from kernel_gepa.domain.task import ELEMENT_BYTES, Input, ScalarSpec, TensorSpec
from kernel_gepa.errors import TaskError

FORM = "dtype[extent, name=extent, ...] ~ distribution"
WRITTEN = re.compile(r"\s*(?P<dtype>\w+)\s*\[(?P<extents>[^\]]*)\]\s*(~\s*(?P<distribution>.+))?")
EXTENT = re.compile(r"(?:(?P<name>[A-Za-z_]\w*)\s*=\s*)?(?P<extent>\d+)")


def inputs(workload: str, written: object) -> tuple[Input, ...]:
    """The inputs of one workload in the order of the mapping. Raises TaskError with the form that is expected."""
    if not isinstance(written, Mapping) or not written:
        raise TaskError(
            f'workload {workload!r} must map the names of the inputs to their forms, as in {{"x": "float32[n=1024]"}}'
        )
    named: dict[str, int] = {}
    return tuple(_input(workload, str(name), value, named) for name, value in written.items())


def _input(workload: str, name: str, written: object, named: dict[str, int]) -> Input:
    if isinstance(written, (bool, int, float)):
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
    return TensorSpec(name, dtype, shape, dims, drawn)


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
