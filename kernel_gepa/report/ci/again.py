"""`ci verify`: every verdict of a result made again from its raw samples.

Whoever edits a verdict, or loses samples, is found out so. Who writes samples to fit is not: that needs the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose

from kernel_gepa.domain.timing import Estimate
from kernel_gepa.judging.gate import ended, overall
from kernel_gepa.report.ci.record import Cell, Kernel, Result, State, exit_code

CLAIMED = (State.REGRESSION, State.IMPROVED, State.SAME, State.INCONCLUSIVE)


def contradictions(result: Result) -> Iterator[str]:
    """What does not follow; nothing when the result is as its samples have it."""
    for kernel in result.kernels:
        for cell in kernel.cells:
            yield from (f"{kernel.name}, {cell.workload}: {said}" for said in _of_cell(cell, result))
        yield from _of_kernel(kernel)
    states = [kernel.state for kernel in result.kernels]
    code = exit_code(states, command=result.command, inconclusive_passes=result.inconclusive_passes)
    if code != result.exit_code:
        yield f"the exit code is recorded as {result.exit_code}, and the verdicts give {code}"


def _of_cell(cell: Cell, result: Result) -> Iterator[str]:
    if not cell.looks:
        yield f"recorded as {cell.claim}, and there are no samples"
        return
    try:
        found = ended(cell.looks, result.rule)
    except (ValueError, ArithmeticError) as error:
        yield f"the samples are none: {error}"
        return
    if found.claim is not cell.claim:
        yield f"recorded as {cell.claim}, and the samples say {found.claim} ({_shown(found.speedup)})"
    elif not _near(found.speedup, cell.speedup):
        yield f"recorded at {_shown(cell.speedup)}, and the samples say {_shown(found.speedup)}"


def _of_kernel(kernel: Kernel) -> Iterator[str]:
    if not kernel.cells:
        if kernel.state in CLAIMED:
            yield f"{kernel.name} is recorded as {kernel.state}, and there are no samples"
        return
    claim = overall(cell.claim for cell in kernel.cells)
    if claim.value != kernel.state.value:
        yield f"{kernel.name} is recorded as {kernel.state}, and its workloads say {claim}"


def _near(one: Estimate, other: Estimate) -> bool:
    pairs = ((one.value, other.value), (one.low, other.low), (one.high, other.high))
    return all(isclose(a, b, rel_tol=1e-9) for a, b in pairs)


def _shown(found: Estimate) -> str:
    return f"{found.value:.4f}x, {found.low:.4f} to {found.high:.4f}"
