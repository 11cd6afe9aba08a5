"""The least that any right kernel has to do for one launch: which bytes must move, which operations were counted.

Bytes are only counted when that is known. An input is sampled: lines of it are changed, and each must change what the
reference computes; a table of which few rows are looked up, or a matrix of which half is zero, is left out. An output
of a C++ kernel is written whole, or it shows. A Python kernel may return a view, so its outputs count only when they
can be none.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import combinations
from random import Random

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.task import ELEMENT_BYTES, Form, TensorSpec, Workload
from kernel_gepa.domain.timing import Counted
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.arena import LINE_BYTES
from kernel_gepa.harness.inputs import Bytes, Exact, decode, encode
from kernel_gepa.harness.reference import Reference

# When all of eight random lines matter, at least 69 % of the lines do, with 95 %: less than `roofline.SLACK` forgives.
SAMPLED_LINES = 8
PROBE_BUDGET_S = 3.0  # for one workload; a slow reference gets fewer of its inputs counted
LEAST_SHARE = 0.05  # of all bytes: smaller inputs are not worth a question
LOUD = 64.0  # so much larger, a value comes through a maximum over a row too
SAMPLED_VALUES = 32


@dataclass(frozen=True, slots=True)
class Least:
    """`counted` is what the reference does, step by step, and all zeros where it cannot be traced."""

    read_bytes: int
    written_bytes: int
    counted: Counted = Counted()  # noqa: RUF009  frozen
    left_out: tuple[str, ...] = ()  # tensors that may not have to be moved whole, or of which it is not known


def least(reference: Reference, workload: Workload, values: Bytes, rng: Random) -> Least:
    """From one launch's inputs. Runs the reference some ten times for every large input."""
    tensors = [spec for spec in workload.inputs if isinstance(spec, TensorSpec)]
    base = reference.expected(workload, values)
    counted = traced(reference, workload, values)
    deadline = time.monotonic() + PROBE_BUDGET_S
    large = [n for n, spec in enumerate(tensors) if spec.nbytes >= LEAST_SHARE * workload.nbytes]
    read = [n for n in large if _all_of_it_matters(reference, workload, values, base, n, rng, deadline)]
    native = reference.task.form is Form.NATIVE
    written = [o for o in range(len(base)) if native or _cannot_be_a_view(workload, o, base, values, rng)]
    return Least(
        read_bytes=sum(tensors[n].nbytes for n in read),
        written_bytes=sum(workload.outputs[o].nbytes for o in written),
        counted=counted,
        left_out=(
            *(tensors[n].name for n in large if n not in read),
            *(spec.name for o, spec in enumerate(workload.outputs) if o not in written),
        ),
    )


def traced(reference: Reference, workload: Workload, values: Bytes) -> Counted:
    """By the reference in its author's types: in float64 everything would be twice as large."""
    reference.own_answers(workload, [values])
    try:
        return Counted(**reference.count())
    except TaskError:
        return Counted()


# ---------------------------------------------------------------- inputs


def _all_of_it_matters(
    reference: Reference,
    workload: Workload,
    values: Bytes,
    base: list[Exact],
    which: int,
    rng: Random,
    deadline: float,
) -> bool:
    spec = [s for s in workload.inputs if isinstance(s, TensorSpec)][which]
    for _ in range(SAMPLED_LINES):
        if time.monotonic() > deadline:
            return False
        changed = list(values)
        changed[which] = with_another_line(values[which], spec.dtype, rng)
        if np.array_equal(changed[which], values[which]):
            return False
        found = reference.expected(workload, changed)
        if all(np.array_equal(a, b, equal_nan=True) for a, b in zip(base, found, strict=True)):
            return False
    return True


def with_another_line(values: NDArray[np.generic], dtype: str, rng: Random) -> NDArray[np.generic]:
    """A copy of which 64 bytes differ: floating-point numbers become large in both directions and zeros stay what they
    are, because a kernel may know where they stand; other values are taken from elsewhere in the tensor.
    """
    changed = values.copy()
    size = max(1, LINE_BYTES // ELEMENT_BYTES[dtype])
    start = rng.randrange(-(-len(values) // size)) * size
    line = values[start : start + size]
    if "float" in dtype:
        loud = decode(line, dtype) * np.where(np.arange(len(line)) % 2, -LOUD, LOUD) + 0.0  # no negative zeros
        with np.errstate(over="ignore"):
            changed[start : start + size] = encode(loud, dtype)
    elif dtype == "bool":
        changed[start : start + size] = 1 - line.view(np.uint8)
    else:
        changed[start : start + size] = values[[rng.randrange(len(values)) for _ in line]]
    return changed


# ---------------------------------------------------------------- outputs


def _cannot_be_a_view(workload: Workload, which: int, base: list[Exact], values: Bytes, rng: Random) -> bool:
    """Whether its values are neither all found in an input or an earlier output, nor the same along an axis."""
    tensors = [spec for spec in workload.inputs if isinstance(spec, TensorSpec)]
    output = base[which]
    if not output.size or _repeats(output.reshape(workload.outputs[which].shape)):
        return False
    sample = output[[rng.randrange(output.size) for _ in range(SAMPLED_VALUES)]]
    sources = [*(decode(v, s.dtype) for v, s in zip(values, tensors, strict=True)), *base[:which]]
    return not any(all(bool((source == value).any()) for value in sample) for source in sources)


def _repeats(output: Exact) -> bool:
    """Whether two slices along some axis are the same: what `expand` makes of less memory."""
    for axis, extent in enumerate(output.shape):
        some = sorted({0, 1, extent // 2, extent - 1}) if extent > 1 else []
        for one, other in combinations(some, 2):
            if np.array_equal(output.take(one, axis), output.take(other, axis), equal_nan=True):
                return True
    return False
