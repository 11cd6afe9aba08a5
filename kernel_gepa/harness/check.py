"""Is it right? Fresh and stressed inputs, outputs that start as poison, and everything around them watched."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kernel_gepa.domain.task import Task, TensorSpec
from kernel_gepa.domain.verdict import Mismatch
from kernel_gepa.harness import sharing
from kernel_gepa.harness.clock import Lap
from kernel_gepa.harness.compare import compare, same
from kernel_gepa.harness.connection import WorkerFailed
from kernel_gepa.harness.draws import Draw, answered, draws
from kernel_gepa.harness.inputs import Bytes
from kernel_gepa.harness.reference import Reference
from kernel_gepa.harness.station import Station

# How long a wrong output is watched for becoming right: whoever computes in a thread of its own is told so.
AFTERMATH_S = 0.02

GOES_ON = "goes on writing after it has returned: its output was not finished when it was looked at, and changed later"
RETURNS_AGAIN = (
    "returns memory that it uses again, or writes after it has returned: the output of an earlier launch changed later"
)
WRITES_ELSEWHERE = (
    "writes outside its buffers, or after it has returned: what belongs to an earlier launch changed later"
)


@dataclass(frozen=True, slots=True)
class Passed:
    """Right in every launch. `notes` are what a reader should know of it all the same."""

    notes: tuple[str, ...] = ()


def check(station: Station, reference: Reference, task: Task, generator: np.random.Generator) -> Mismatch | Passed:
    """The first thing that is wrong, in as many launches as there are draws and again in as many."""
    drawn = draws(station, reference, task, generator)
    notes = [f"not checked on {words}: the reference itself fails there" for words in drawn.left_out]
    for start in range(0, len(drawn.draws), station.slots):
        wave = drawn.draws[start : start + station.slots]
        kept = _launched(station, wave)
        if isinstance(kept, Mismatch):
            return kept
        wrong = _restless(station, wave, kept)
        if wrong is None and not station.native and start == 0:
            wrong = _shares(station, wave, kept, reference, generator)
        if wrong is not None:
            return wrong
        again = _again(station, wave, kept, generator)
        if isinstance(again, Mismatch):
            return again
        notes += [note for note in again.notes if note not in notes]
    return Passed(tuple(notes))


def _launched(station: Station, wave: Sequence[Draw]) -> list[Bytes] | Mismatch:
    """Copies of all outputs, each made at once after the answer, or what is wrong with the first that is."""
    _load(station, wave, range(len(wave)))
    kept = []
    for slot, draw in enumerate(wave):
        _lap(station, slot, draw)
        outputs = station.outputs(slot)
        kept.append([o.copy() for o in outputs] if not isinstance(outputs, str) else [])
        wrong = _wrong(station, slot, draw, outputs)
        if wrong is not None:
            time.sleep(AFTERMATH_S)
            late = station.native and not same(kept[slot], station.arena.outputs(slot))
            return Mismatch(station.workload.name, GOES_ON, (wrong.what, *wrong.details)) if late else wrong
        if not all(station.untouched(later) for later in range(slot + 1, station.slots)):
            what = "writes outside its buffers: into those of a launch that has not been asked for yet"
            return Mismatch(station.workload.name, what)
    return kept


def _load(station: Station, wave: Sequence[Draw], slots: Sequence[int]) -> None:
    """The draws into those slots, and poison into the outputs."""
    for draw, slot in zip(wave, slots, strict=True):
        for values, target in zip(draw.inputs, station.arena.inputs(slot), strict=True):
            np.copyto(target, values)
    if station.native:
        station.arena.poison(0, station.slots)


def _lap(station: Station, slot: int, draw: Draw) -> None:
    try:
        station.lap(slot, 1)
    except WorkerFailed as error:
        if draw.words:
            error.add_note(f"on {draw.words}")
        raise


def judged(
    station: Station, slot: int, before: Bytes, left: Bytes | str, reference: Reference, task: Task
) -> Mismatch | None:
    """What is wrong with one launch, whose inputs were `before` when it began and which `left` these outputs."""
    return _wrong(station, slot, answered(reference, task, station.workload, before), left)


def _wrong(station: Station, slot: int, draw: Draw, outputs: Bytes | str) -> Mismatch | None:
    name = station.workload.name
    if isinstance(outputs, str):
        return Mismatch(name, outputs)
    overrun = station.arena.overrun(slot)
    if overrun is not None:
        return Mismatch(name, f"writes outside its buffers: {overrun}")
    specs = [spec for spec in station.workload.inputs if isinstance(spec, TensorSpec)]
    for spec, was, now in zip(specs, draw.inputs, station.arena.inputs(slot), strict=True):
        if not same([was], [now]):
            return Mismatch(name, f"changes its input {spec.name}")
    for output, stored, right, room in zip(station.workload.outputs, outputs, draw.exact, draw.rooms, strict=True):
        wrong = compare(name, output, stored, right, room)
        if wrong is not None:
            return replace(wrong, what=wrong.what + draw.where)
    return None


def _restless(station: Station, wave: Sequence[Draw], kept: Sequence[Bytes]) -> Mismatch | None:
    """Whether anything of what was judged has changed since."""
    for slot, (draw, was) in enumerate(zip(wave, kept, strict=True)):
        now = station.outputs(slot)
        quiet = not isinstance(now, str) and same(was, now)
        if not (quiet and same(draw.inputs, station.arena.inputs(slot)) and station.arena.overrun(slot) is None):
            return Mismatch(station.workload.name, WRITES_ELSEWHERE if station.native else RETURNS_AGAIN)
    return None


def _shares(
    station: Station, wave: Sequence[Draw], kept: Sequence[Bytes], reference: Reference, generator: np.random.Generator
) -> Mismatch | None:
    """Whether outputs of one launch lie in each other, in its inputs, or in what later launches compute with."""
    slot, workload = int(generator.integers(len(wave))), station.workload
    inputs, later = wave[slot].inputs, (slot + 1) % len(wave)
    follow = sharing.follow_inputs(station, slot, inputs, kept[slot])
    with sharing.written_over(station, slot) as pairs:
        for values, target in zip(wave[later].inputs, station.arena.inputs(later), strict=True):
            np.copyto(target, values)
        station.lap(later, 1)
        wrong = _wrong(station, later, wave[later], station.outputs(later))
    if not (follow or pairs or wrong):
        return None
    allowed = reference.sharing(workload, inputs)
    if follow - allowed.with_inputs:
        return Mismatch(workload.name, sharing.RETURNS_INPUT)
    if pairs - allowed.with_another:
        return sharing.shared_twice(pairs - allowed.with_another, workload)
    if wrong is not None and not allowed.lasting:
        return Mismatch(workload.name, sharing.RETURNS_ITS_OWN, (wrong.what, *wrong.details))
    return None


def _again(
    station: Station, wave: Sequence[Draw], kept: Sequence[Bytes], generator: np.random.Generator
) -> Mismatch | Passed:
    """All launches once more, in one batch, each in the slot of another: the same inputs must give the same answers."""
    shift = int(generator.integers(1, max(2, len(wave))))
    slots = [(n + shift) % len(wave) for n in range(len(wave))]
    _load(station, wave, slots)
    station.lap(0, len(wave))
    differ = False
    for draw, was, slot in zip(wave, kept, slots, strict=True):
        outputs = station.outputs(slot)
        if not isinstance(outputs, str) and same(was, outputs):
            continue
        differ = True
        wrong = _wrong(station, slot, draw, outputs)
        if wrong is not None:
            what = f"gives another answer when it is launched again on the same inputs: {wrong.what}"
            return replace(wrong, what=what)
    return Passed(("its results differ a little from launch to launch",) if differ else ())


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
