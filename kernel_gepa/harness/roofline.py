"""The least time that a launch can take on this machine: what moves and what is computed, at the measured rates.

Faster than the bytes allow is refused. Faster than the counted operations allow is only said: another algorithm may do
with fewer than the reference. docs/decisions/0007-roofline.md says what the bound claims and what it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from weakref import WeakKeyDictionary

from kernel_gepa.domain.timing import Bound, Estimate, Measurement
from kernel_gepa.domain.verdict import Rejected
from kernel_gepa.errors import TaskError, ToolchainError
from kernel_gepa.harness.machine import Rates, Streams
from kernel_gepa.harness.reference import Reference
from kernel_gepa.harness.station import Station
from kernel_gepa.harness.traffic import Least, least

# So much faster than the bound, beyond the noise, must a kernel be before it is refused. It covers what the bound does
# not know: inputs of which a third may be left alone, the part of a large window that a cache still holds, and rates
# that a busy machine showed too low.
SLACK = 1.5

# Measures or remembers the rates of this machine; True to measure them anew.
Measure = Callable[[bool], Rates]


@dataclass(frozen=True, slots=True)
class Floor:
    """The least seconds of a launch by its bytes and by its operations; 0 where nothing is known."""

    bytes_s: float
    operations_s: float
    bytes_how: str
    operations_how: str
    left_out: tuple[str, ...] = ()

    def bound(self, seconds: Estimate) -> Bound | None:
        """What applies to a kernel that takes so long. Operations that it must have done without do not."""
        if self.operations_s > self.bytes_s and not self.does_less(seconds):
            return Bound(self.operations_s, "arithmetic", self.operations_how)
        return Bound(self.bytes_s, "memory", self.bytes_how) if self.bytes_s else None

    def does_less(self, seconds: Estimate) -> bool:
        return seconds.high < self.operations_s

    def broken_by(self, seconds: Estimate) -> bool:
        return seconds.high * SLACK < self.bytes_s


def floor(work: Least, rates: Rates, set_bytes: int) -> Floor:
    """`set_bytes`: of all the memory that the launches go round in."""
    streams = rates.streams_of(set_bytes)
    moved = work.read_bytes + work.written_bytes
    cores = "one core" if rates.threads == 1 else f"{rates.threads} cores"
    bytes_s = max(work.read_bytes / streams.read, work.written_bytes / streams.write, moved / mixed(streams, work))
    return Floor(
        bytes_s,
        work.counted.operations / rates.flops,
        f"{moved / 1e6:.3g} MB that must move, at the {moved / max(bytes_s, 1e-12) / 1e9:.3g} GB/s "
        f"that {cores} of this machine can stream (measured)",
        f"{work.counted.operations / 1e9:.3g} GFLOP counted in the reference, at the {rates.flops / 1e9:.3g} GFLOP/s "
        f"that {cores} of this machine can compute in float32 (measured)",
        work.left_out,
    )


def mixed(streams: Streams, work: Least) -> float:
    """The rate of all bytes together: of the two measured mixtures of reads and writes between which this one lies."""
    if work.written_bytes <= work.read_bytes:
        return max(streams.read, streams.copy) if work.written_bytes < work.read_bytes else streams.copy
    return max(streams.copy, streams.write)


def held(
    found: Measurement, seconds: Estimate, work: Least, set_bytes: int, measure: Measure
) -> Measurement | Rejected:
    """The measurement with its bound, or the refusal of what no kernel can do. `seconds`: of one launch, nothing taken
    off. Rates that would refuse a kernel are measured again first: a machine shows less than it can do when it is busy.
    """
    limits = floor(work, measure(False), set_bytes)
    if limits.broken_by(seconds):
        limits = floor(work, measure(True), set_bytes)
    if limits.broken_by(seconds):
        return Rejected(
            "faster than the hardware",
            (
                f"{found.workload}: a launch takes {seconds.value * 1e6:.3g} µs, at most {seconds.high * 1e6:.3g} µs, "
                f"and moving its inputs and outputs takes at least {limits.bytes_s * 1e6:.3g} µs",
                limits.bytes_how,
            ),
        )
    notes = list(found.notes)
    bound = limits.bound(seconds)
    if limits.does_less(seconds):
        notes.append(f"faster than {limits.operations_how}: it does less arithmetic than the reference")
    if bound is None:
        notes.append(f"no bound is known: {', '.join(limits.left_out) or 'what it reads and writes'} may be left alone")
    return replace(found, bound=bound, counted=work.counted if work.counted.steps else None, notes=tuple(notes))


class Roofline:
    """What a task's launches have to do, established once for each of its workloads."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Reference, dict[str, Least]] = WeakKeyDictionary()

    def least(self, reference: Reference, station: Station, rng: Random) -> Least:
        known = self._known.setdefault(reference, {})
        name = station.workload.name
        if name not in known:
            station.fill(0, 1)
            known[name] = least(reference, station.workload, station.snapshot(0), rng)
        return known[name]

    def held(
        self,
        found: Measurement,
        seconds: Estimate,
        station: Station,
        reference: Reference,
        rng: Random,
        measure: Measure,
    ) -> Measurement | Rejected:
        try:
            work = self.least(reference, station, rng)
            return held(found, seconds, work, station.slots * station.arena.layout.slot_bytes, measure)
        except (ToolchainError, TaskError) as error:
            return replace(found, notes=(*found.notes, f"no bound is known: {error}"))
