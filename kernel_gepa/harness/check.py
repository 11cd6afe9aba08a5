"""Is it right? Fresh inputs for every launch, outputs that start as poison, and everything around them watched."""

from __future__ import annotations

import numpy as np

from kernel_gepa.domain.task import TensorSpec, Tolerance
from kernel_gepa.domain.verdict import Mismatch
from kernel_gepa.harness.clock import Lap
from kernel_gepa.harness.compare import compare
from kernel_gepa.harness.inputs import Bytes
from kernel_gepa.harness.reference import Reference
from kernel_gepa.harness.station import Station


def check(station: Station, reference: Reference, tolerance: Tolerance) -> Mismatch | None:
    """The first thing that is wrong in as many launches as the station has slots."""
    station.fill()
    before = [station.snapshot(slot) for slot in range(station.slots)]
    for slot in range(station.slots):
        station.lap(slot, 1)
        wrong = judged(station, slot, before[slot], reference, tolerance)
        if wrong is not None:
            return wrong
        if not all(station.untouched(later) for later in range(slot + 1, station.slots)):
            what = "writes outside its buffers: into those of a launch that has not been asked for yet"
            return Mismatch(station.workload.name, what)
    return None


def judged(station: Station, slot: int, before: Bytes, reference: Reference, tolerance: Tolerance) -> Mismatch | None:
    """What is wrong with one launch, whose inputs were `before` when it began."""
    name = station.workload.name
    outputs = station.outputs(slot)
    if isinstance(outputs, str):
        return Mismatch(name, outputs)
    overrun = station.arena.overrun(slot)
    if overrun is not None:
        return Mismatch(name, f"writes outside its buffers: {overrun}")
    specs = [spec for spec in station.workload.inputs if isinstance(spec, TensorSpec)]
    for spec, was, now in zip(specs, before, station.arena.inputs(slot), strict=True):
        if not np.array_equal(was.view(np.uint8), now.view(np.uint8)):
            return Mismatch(name, f"changes its input {spec.name}")
    expected = reference.expected(station.workload, before)
    for output, stored, right in zip(station.workload.outputs, outputs, expected, strict=True):
        wrong = compare(name, output, stored, right, tolerance)
        if wrong is not None:
            return wrong
    return None


def fastest_launch(station: Station, clock: str) -> float:
    """Roughly, in seconds: how many launches make a batch is decided from it, nothing else."""
    many = station.slots
    laps = [(station.lap(0, 1), station.lap(0, many)) for _ in range(3)]
    one = min(_seconds(short, clock) for short, _ in laps)
    all_of_them = min(_seconds(long, clock) for _, long in laps)
    # What a batch costs beside its launches is mostly in `one`; noise must not make a launch look free.
    return max((all_of_them - one) / max(1, many - 1), all_of_them / many / 20, 1e-7)


def _seconds(lap: Lap, clock: str) -> float:
    return lap.cpu_s if clock == "cpu" else lap.wall_s
