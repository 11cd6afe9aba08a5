"""One loaded candidate against one task: checked on every workload, then timed on every workload."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from kernel_gepa.domain.signature import Misfit, Passed, bind
from kernel_gepa.domain.task import Task, Workload
from kernel_gepa.domain.timing import COMPILED, Measurement
from kernel_gepa.domain.verdict import BuildFailed, Incorrect, Mismatch, Rejected
from kernel_gepa.errors import SandboxError, TaskError
from kernel_gepa.harness.arena import of_workload
from kernel_gepa.harness.beside import undisturbed
from kernel_gepa.harness.blame import Settled, blaming
from kernel_gepa.harness.both import both
from kernel_gepa.harness.check import check, fastest_launch, judged
from kernel_gepa.harness.connection import Connection, WorkerFailed
from kernel_gepa.harness.drawn import LEAST_DRAWS, MOST_DRAWS, inputs_for
from kernel_gepa.harness.draws import PLAIN
from kernel_gepa.harness.inputs import Bytes, Inputs
from kernel_gepa.harness.load import Watch
from kernel_gepa.harness.machine import rates
from kernel_gepa.harness.measure import COLD_BYTES, MOST_SLOTS, Contest, Rules, Timed, launches_per_batch, measure
from kernel_gepa.harness.processors import one_for
from kernel_gepa.harness.reference import Reference
from kernel_gepa.harness.roofline import Roofline
from kernel_gepa.harness.station import ROOM_LIMIT_S, Room, Station
from kernel_gepa.harness.stress import GROUPS
from kernel_gepa.ports import Built

CHECKED_LAUNCHES = PLAIN + len(GROUPS)  # each on inputs of its own
CHECKED_DRAWS = 2 * CHECKED_LAUNCHES  # some are drawn again, because they tell nothing or are no use when stressed
CHECK_BYTES = 256 << 20
TIMED_BYTES = 384 << 20  # per side

COMPILE_LIMIT_S = 300.0  # of torch.compile, for one workload

# What tasks have to move does not change while we live; it goes with their references.
ROOFLINE = Roofline()


@dataclass(frozen=True, slots=True)
class Baseline:
    """`built` is None for the eager reference, which is called as Python."""

    name: str
    connection: Connection
    built: Built | None


@dataclass(frozen=True, slots=True)
class Sides:
    """Roughly the seconds of a launch of each, and who the other one is."""

    ours_s: float
    theirs_s: float
    baseline: Baseline


Notes = Mapping[str, tuple[str, ...]]  # by workload


class Trial:
    """Raises Settled with the verdict at the first stage that fails."""

    def __init__(
        self,
        candidate: Connection,
        built: Built,
        task: Task,
        reference: Reference,
        rules: Rules,
        notes: Notes | None = None,
    ) -> None:
        """`notes` are those of the check, which was made in another worker."""
        self._candidate, self._built, self._task = candidate, built, task
        self._reference, self._rules, self._notes = reference, rules, notes or {}
        # Unknown to everybody until the verdict is out: what a kernel cannot know it cannot prepare for.
        self._rng = Random(secrets.randbits(64))

    def check(self) -> Notes:
        """What a reader should know by workload, once every workload is right."""
        wrong: list[Mismatch] = []
        notes: dict[str, tuple[str, ...]] = {}
        for workload in self._task.workloads:
            with (
                blaming(self._candidate, "check", workload.name),
                self._inputs(workload, CHECKED_DRAWS) as inputs,
                self._station(self._candidate, self._built, workload, room_for(workload), inputs) as station,
            ):
                found = check(station, self._reference, self._task, self._generator())
                if isinstance(found, Mismatch):
                    wrong.append(found)
                else:
                    notes[workload.name] = found.notes
        if wrong:
            raise Settled(Incorrect(tuple(wrong), tuple(notes)))
        return notes

    def time(self, baseline: Baseline) -> tuple[Measurement, ...]:
        """Both workers are young, and go through the same from here on: what one of them has met before the other has
        too, or their heaps and with them their times would differ.
        """
        with blaming(self._candidate, "time"):
            both(touch, (self._candidate, self._built), (baseline.connection, baseline.built))
        sides = [self._sides(workload, baseline) for workload in self._task.workloads]
        self._seal(baseline)
        return tuple(self._time(w, side) for w, side in zip(self._task.workloads, sides, strict=True))

    def _sides(self, workload: Workload, baseline: Baseline) -> Sides:
        with self._inputs(workload, LEAST_DRAWS) as inputs:  # roughly will do, and a task's own draws may cost much
            with blaming(self._candidate, "time", workload.name):
                ours = self._launch_s(self._candidate, self._built, workload, inputs)
            return Sides(ours, self._baseline_seconds(workload, baseline, inputs), baseline)

    def _seal(self, baseline: Baseline) -> None:
        baseline.connection.seal()
        with blaming(self._candidate, "time"):
            if not self._candidate.seal():
                raise Settled(Rejected("the kernel keeps its process open for helpers that no clock would see"))

    def _time(self, workload: Workload, sides: Sides) -> Measurement:
        with self._inputs(workload, MOST_DRAWS) as inputs:  # not those that either side has met already
            found = self._measured(workload, sides, inputs)
        if isinstance(found, Mismatch):
            raise Settled(Incorrect((found,)))
        if isinstance(found, Rejected):
            raise Settled(found)
        return replace(found, notes=(*found.notes, *self._notes.get(workload.name, ())))

    def _measured(self, workload: Workload, sides: Sides, inputs: Inputs) -> Measurement | Rejected | Mismatch:
        baseline = sides.baseline
        with (
            blaming(self._candidate, "time", workload.name),
            self._processors(baseline.connection) as timed_on,
            self._stations(workload, sides, inputs) as (ours, other),
            undisturbed(timed_on),
        ):
            workers = (self._candidate.pid, baseline.connection.pid, self._reference.exact.pid)
            contest = Contest(ours, other, baseline.name, self._audit, Watch(workers))
            timed = measure(contest, self._rules, self._rng)
            return self._within_the_machine(timed, ours) if isinstance(timed, Timed) else timed

    @contextmanager
    def _stations(self, workload: Workload, sides: Sides, inputs: Inputs) -> Iterator[tuple[Station, Station]]:
        """With room for timed rounds: taking so many pages is most of what they cost before the first launch."""
        ours = (self._candidate, self._built, sides.ours_s)
        other = (sides.baseline.connection, sides.baseline.built, sides.theirs_s)
        with ExitStack() as held:

            def opened(side: tuple[Connection, Built | None, float]) -> Station:
                connection, built, seconds = side
                room = room_for(workload, seconds, native=is_native(built))
                return held.enter_context(self._station(connection, built, workload, room, inputs))

            yield both(opened, ours, other)

    def _processors(self, baseline: Connection) -> AbstractContextManager[set[int]]:
        """One for both sides; by the wall clock they are on all."""
        if self._rules.clock == "cpu":
            return one_for((self._candidate, baseline), self._rng)
        return nullcontext(set[int]())

    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(self._rng.getrandbits(128))

    def _audit(self, station: Station, slot: int, before: Bytes, left: Bytes | str) -> Mismatch | None:
        return judged(station, slot, before, left, self._reference, self._task)

    def _within_the_machine(self, timed: Timed, station: Station) -> Measurement | Rejected:
        """With the bound that this machine sets. The caller holds the lease, under which rates may be measured."""
        return ROOFLINE.held(
            timed.measurement, timed.launch_s, station, self._reference, self._rng,
            lambda anew: rates(self._rules.threads, COLD_BYTES, anew=anew),
        )  # fmt: skip

    def _baseline_seconds(self, workload: Workload, baseline: Baseline, inputs: Inputs) -> float:
        try:
            if baseline.name == COMPILED:
                self._compile(baseline, workload, inputs)
            return self._launch_s(baseline.connection, baseline.built, workload, inputs)
        except WorkerFailed as error:
            if baseline.built is not None:
                raise TaskError(f"the start kernel of {self._task.id} is no baseline: {error}; repair it") from error
            raise SandboxError(f"the baseline {baseline.name} of {self._task.id} failed: {error}") from error

    def _compile(self, baseline: Baseline, workload: Workload, inputs: Inputs) -> None:
        """At the first launch, which may take as long as compilers do."""
        with self._station(baseline.connection, None, workload, room_for(workload), inputs) as station:
            station.fill()
            baseline.connection.ask(COMPILE_LIMIT_S, do="run", first=0, count=1)
            station.release()

    def _launch_s(self, connection: Connection, built: Built | None, workload: Workload, inputs: Inputs) -> float:
        with self._station(connection, built, workload, room_for(workload), inputs) as station:
            station.fill()
            return fastest_launch(station, self._rules.clock)

    @contextmanager
    def _inputs(self, workload: Workload, draws: int) -> Iterator[Inputs]:
        inputs = inputs_for(self._task, workload, self._reference, self._generator(), draws)
        try:
            yield inputs
        finally:
            inputs.close()

    @contextmanager
    def _station(
        self, connection: Connection, built: Built | None, workload: Workload, room: Room, inputs: Inputs
    ) -> Iterator[Station]:
        passed = self._passed(built, workload)
        room = replace(room.within(inputs.most_distinct), limit_s=self._rules.launch_limit_s)
        station = Station(connection, workload, inputs, passed=passed, room=room)
        try:
            yield station
        finally:
            station.close()

    def _passed(self, built: Built | None, workload: Workload) -> tuple[Passed, ...] | None:
        if built is None or not built.parameters:  # as is_native says, in words that a type checker follows
            return None
        found = bind(built.parameters, workload)
        if isinstance(found, Misfit):
            raise Settled(BuildFailed(found.problem))
        return found


def touch(side: tuple[Connection, Built | None]) -> None:
    """A Python kernel's worker takes the memory that it will allocate from; a native one is given all of it."""
    connection, built = side
    if not is_native(built):
        connection.ask(ROOM_LIMIT_S, do="touch")


def is_native(built: Built | None) -> bool:
    return built is not None and bool(built.parameters)


def room_for(workload: Workload, seconds: float | None = None, *, native: bool = True) -> Room:
    """A few launches to check and calibrate with, or enough for timed rounds to wander over."""
    slot_bytes = of_workload(workload).slot_bytes
    if seconds is None:
        return Room(slots=max(2, min(CHECKED_LAUNCHES, CHECK_BYTES // slot_bytes)))
    most = max(3, min(TIMED_BYTES // slot_bytes, MOST_SLOTS))
    launches = launches_per_batch(seconds, most, native=native)
    return Room(slots=max(3 * launches, min(most, COLD_BYTES // slot_bytes)), launches=launches)
