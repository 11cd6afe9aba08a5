"""The C signature of a native kernel, and how a workload is passed to it."""

from __future__ import annotations

from dataclasses import dataclass

from kernel_gepa.domain.task import ScalarSpec, TensorSpec, Workload

# Element types that C spells without a half-precision type of its own.
ALSO_FITS = {"bfloat16": {"uint16", "int16"}, "float16": {"uint16", "int16"}, "bool": {"uint8", "int8"}}


@dataclass(frozen=True, slots=True)
class Parameter:
    """`dtype` is the NumPy name of the C type: of the element for a pointer."""

    name: str
    dtype: str
    pointer: bool = False
    const: bool = False

    def __str__(self) -> str:
        return f"{'const ' if self.const else ''}{self.dtype}{'* ' if self.pointer else ' '}{self.name}"


@dataclass(frozen=True, slots=True)
class Passed:
    """One argument of a call: a tensor by the address of its buffer, or a number by value."""

    parameter: Parameter
    source: TensorSpec | float


@dataclass(frozen=True, slots=True)
class Misfit:
    """The signature cannot take the workload; the sentence is for whoever wrote the kernel."""

    problem: str


def bind(parameters: tuple[Parameter, ...], workload: Workload) -> tuple[Passed, ...] | Misfit:
    """Const pointers are the inputs in order, the other pointers the outputs in order, numbers go by name.

    A kernel that leaves out `const` is taken by position: inputs first.
    """
    inputs = [i for i in workload.inputs if isinstance(i, TensorSpec)]
    pointers = [p for p in parameters if p.pointer]
    ordered = [p for p in pointers if p.const] + [p for p in pointers if not p.const]
    if sum(p.const for p in pointers) != len(inputs):
        ordered = pointers
    tensors = [*inputs, *workload.outputs]
    if len(ordered) != len(tensors):
        return Misfit(
            f"the kernel takes {len(ordered)} pointers, the workload has {len(inputs)} input tensors "
            f"and {len(workload.outputs)} outputs"
        )
    for parameter, tensor in zip(ordered, tensors, strict=True):
        if parameter.dtype != tensor.dtype and parameter.dtype not in ALSO_FITS.get(tensor.dtype, ()):
            return Misfit(f"parameter `{parameter}` points to {parameter.dtype}, but {tensor.name} is {tensor}")
    places = dict(zip(ordered, tensors, strict=True))
    numbers = named_numbers(workload)
    for parameter in parameters:
        if not parameter.pointer and parameter.name not in numbers:
            known = ", ".join(sorted(numbers)) or "none: name an extent, as in float32[rows=64]"
            return Misfit(f"parameter `{parameter}` is bound by name, and the names are: {known}")
    passed = tuple(Passed(p, places[p] if p.pointer else numbers[p.name]) for p in parameters)
    lost = next((p for p in passed if not holds(p)), None)
    return Misfit(f"parameter `{lost.parameter}` cannot hold {lost.source}") if lost else passed


def named_numbers(workload: Workload) -> dict[str, float]:
    """The named extents and the scalar inputs of a workload."""
    numbers: dict[str, float] = {}
    for spec in workload.inputs:
        if isinstance(spec, ScalarSpec):
            numbers[spec.name] = spec.value
        else:
            numbers.update({d: n for d, n in zip(spec.dims, spec.shape, strict=False) if d})
    return numbers


def holds(passed: Passed) -> bool:
    """Whether a number survives being passed: C would cut it off without a word."""
    source, dtype = passed.source, passed.parameter.dtype
    if isinstance(source, TensorSpec) or dtype.startswith("float"):
        return True
    if dtype == "bool":
        return source in (0, 1)
    bits = int(dtype.lstrip("uint"))
    low, high = (0, 2**bits - 1) if dtype.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return source == int(source) and low <= source <= high
