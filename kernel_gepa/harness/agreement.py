"""A benchmark's own check of a kernel of KernelBench form: so many trials on the task's own draws, within a tolerance
that the benchmark states. It is kinder than ours, and is what published figures go by.

The candidate sees inputs only, and the comparison is made here: that is where this differs from the benchmark's own
harness, which runs reference and candidate in one process.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from kernel_gepa.domain.task import Task, TensorSpec, Workload
from kernel_gepa.harness.arena import Arena, of_workload
from kernel_gepa.harness.blame import blaming
from kernel_gepa.harness.connection import Connection
from kernel_gepa.harness.inputs import Bytes, Exact, decode
from kernel_gepa.harness.reference import LAUNCH_LIMIT_S, Reference
from kernel_gepa.harness.station import Room, Station

Tolerance = Callable[[str], float]  # of a dtype: both the relative and the absolute one


@dataclass(frozen=True, slots=True)
class Agreement:
    """`passed` of `trials` launches were within the tolerance in every output; `words` tell of the first that was not.

    `difference` is the greatest one seen, infinite where a value is not finite on one side only.
    """

    trials: int
    passed: int
    difference: float
    words: str = ""


class Plain:
    """`Inputs` whose draws come from elsewhere: what a slot holds is what was put there."""

    most_distinct = 1

    def fill(self, arena: Arena, first: int, count: int = 1) -> None:
        """Nothing: the caller has filled it."""

    def refresh(self) -> None:
        """Nothing either."""

    def close(self) -> None:
        """Nothing is held."""


def agreement(candidate: Connection, reference: Reference, task: Task, trials: int, tolerance: Tolerance) -> Agreement:
    """Raises Settled when the candidate gives no answer. The trials are shared out among the workloads."""
    passed, difference, words = 0, 0.0, ""
    for workload in task.workloads:
        with (
            blaming(candidate, "check", workload.name),
            drawn(reference, workload, [secrets.randbits(62) for _ in range(trials)]) as draws,
        ):
            station = Station(candidate, workload, Plain(), passed=None, room=Room(slots=1))
            try:
                for inputs in draws:
                    for values, target in zip(inputs, station.arena.inputs(0), strict=True):
                        np.copyto(target, values)
                    station.lap(0, 1)
                    outputs = station.outputs(0)
                    (expected,) = reference.own_answers(workload, [inputs])
                    if isinstance(outputs, str):
                        difference, words = np.inf, words or outputs
                        continue
                    worst = farthest(workload, outputs, expected)
                    difference = max(difference, worst)
                    if close(workload, outputs, expected, tolerance):
                        passed += 1
                    elif not words:
                        words = f"differs by up to {worst:.3g} on workload {workload.name}"
            finally:
                station.close()
    return Agreement(trials * len(task.workloads), passed, float(difference), words)


def close(workload: Workload, outputs: Bytes, expected: Sequence[Exact], tolerance: Tolerance) -> bool:
    """As torch.allclose: |x - y| <= atol + rtol |y| everywhere, and NaN is close to nothing."""
    return all(alike(spec, found, right, tolerance) for spec, found, right in _pairs(workload, outputs, expected))


def alike(spec: TensorSpec, found: Exact, right: Exact, tolerance: Tolerance) -> bool:
    with np.errstate(invalid="ignore"):
        near = np.abs(found - right) <= tolerance(spec.dtype) * (1.0 + np.abs(right))
    return bool((near | (found == right)).all())


def farthest(workload: Workload, outputs: Bytes, expected: Sequence[Exact]) -> float:
    with np.errstate(invalid="ignore"):
        worst = [np.abs(f - r).max(initial=0.0) for _, f, r in _pairs(workload, outputs, expected)]
    return float(max((w if np.isfinite(w) else np.inf for w in worst), default=0.0))


def _pairs(workload: Workload, outputs: Bytes, expected: Sequence[Exact]) -> Iterator[tuple[TensorSpec, Exact, Exact]]:
    for spec, stored, right in zip(workload.outputs, outputs, expected, strict=True):
        yield spec, decode(stored, spec.dtype), right


@contextmanager
def drawn(reference: Reference, workload: Workload, seeds: Sequence[int]) -> Iterator[Iterator[Bytes]]:
    """The task's own draws for these seeds, as they are drawn: nothing is scaled."""
    arena = Arena(of_workload(workload), 1)
    try:
        yield (_draw(reference, workload, arena, seed) for seed in seeds)
    finally:
        arena.close()


def _draw(reference: Reference, workload: Workload, arena: Arena, seed: int) -> Bytes:
    """The arena is mapped each time: whoever asks for an answer in between maps another."""
    places = iter([arena.offset(0, place) for place in arena.layout.inputs])
    at = [next(places) if isinstance(spec, TensorSpec) else None for spec in workload.inputs]
    reference.tell(reference.exact, LAUNCH_LIMIT_S, do="map", arena=arena)
    reference.tell(reference.exact, LAUNCH_LIMIT_S, do="draw", workload=workload.name, seed=seed, at=at)
    reference.forget()
    return [values.copy() for values in arena.inputs(0)]
