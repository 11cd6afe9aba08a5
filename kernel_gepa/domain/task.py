"""A task: what to compute, on which workloads, how exactly, and the kernel to start from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from math import prod

from kernel_gepa.domain.provenance import generated

TaskId = str

# Bytes per element. The names are those of NumPy and PyTorch.
ELEMENT_BYTES = {
    "float64": 8,
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "uint16": 2,
    "uint32": 4,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}


class Language(StrEnum):
    CPP = "cpp"
    PYTHON = "python"
    TEXT = "text"


class Form(StrEnum):
    """How a kernel is written and called."""

    NATIVE = "native"  # C++ with a plain C ABI, called on raw buffers
    KERNELBENCH = "kernelbench"  # a Python module that defines ModelNew
    AIE = "aie"  # C++ with the AIE API, called by the wrapper of an NPUEval row; `reference` is that row
    ANSWER = "answer"  # no kernel at all: a text that a grader reads


LANGUAGES = {
    Form.NATIVE: Language.CPP,
    Form.KERNELBENCH: Language.PYTHON,
    Form.AIE: Language.CPP,
    Form.ANSWER: Language.TEXT,
}


# What the inputs of some checked launches are changed in, beside plain draws. A task may name the ones that make sense.
STRESSES = ("scale", "sign", "structure", "outliers", "zeros")


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor of a workload. `dims` names an extent, so that a C parameter `long rows` can be bound to it."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    dims: tuple[str | None, ...] = ()
    distribution: str = "normal"  # "normal", "uniform(a, b)", "integers(a, b)": see benchmarks/spec.py

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.elements * ELEMENT_BYTES[self.dtype]

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class ScalarSpec:
    """A plain number that the reference takes beside its tensors."""

    name: str
    value: bool | int | float

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


Input = TensorSpec | ScalarSpec


@dataclass(frozen=True, slots=True)
class Tolerance:
    """An output x passes against y when |x - y| <= atol + rtol * |y|, element by element."""

    rtol: float
    atol: float


@dataclass(frozen=True, slots=True)
class Workload:
    """One shape x dtype on which a kernel is checked and timed. `outputs` come from running the reference.

    `tolerances` are derived from the reference, one per output, where the task states none. They follow from the rest
    of the task and differ a little from machine to machine, so they are no part of what a task is told apart by.
    """

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[TensorSpec, ...]
    tolerances: tuple[Tolerance, ...] = field(default=(), repr=False, compare=False)

    @property
    def nbytes(self) -> int:
        """Bytes of one launch: every input tensor and every output."""
        return sum(s.nbytes for s in (*self.inputs, *self.outputs) if isinstance(s, TensorSpec))

    def __str__(self) -> str:
        inside = ", ".join(str(i) for i in self.inputs)
        return f"{self.name}: {inside} -> {', '.join(map(str, self.outputs))}"


@dataclass(frozen=True, slots=True)
class Task:
    """`reference` is Python source that defines correct; `kernel` is the text the search starts from.

    `tolerance` is what the task states, or the loosest of the derived ones. `start_is_reference` marks a start that is
    a copy of the reference: a place to begin, never a win. `warnings` are sentences about the task for its author.
    """

    id: TaskId
    statement: str
    form: Form
    reference: str
    kernel: str
    workloads: tuple[Workload, ...]
    tolerance: Tolerance
    start_is_reference: bool = False
    stress: tuple[str, ...] = STRESSES
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def start_is_generated(self) -> bool:
        """The start is TorchInductor's code: torch.compile's work, and what counts is the speedup against it."""
        return self.form is Form.KERNELBENCH and generated(self.kernel)

    @property
    def states_tolerance(self) -> bool:
        return not any(w.tolerances for w in self.workloads)

    def tolerances(self, workload: Workload) -> tuple[Tolerance, ...]:
        """One per output."""
        return workload.tolerances or (self.tolerance,) * len(workload.outputs)

    @property
    def language(self) -> Language:
        return LANGUAGES[self.form]

    @property
    def fingerprint(self) -> str:
        """Everything that decides a verdict, except the bench: equal prints, equal meaning of a verdict."""
        tolerance = self.tolerance if self.states_tolerance else "derived"
        parts = (self.id, self.form, self.reference, self.kernel, self.workloads, tolerance, self.stress)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
