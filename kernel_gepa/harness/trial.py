"""One loaded candidate against one task: checked on every workload, then timed on every workload."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np

from kernel_gepa.domain.signature import Misfit, Passed, bind
from kernel_gepa.domain.task import Task, Workload
from kernel_gepa.domain.timing import Measurement
from kernel_gepa.domain.verdict import BuildFailed, Incorrect, Mismatch, Rejected
from kernel_gepa.errors import SandboxError, TaskError
from kernel_gepa.harness.arena import of_workload, shared
from kernel_gepa.harness.blame import Settled, blaming
from kernel_gepa.harness.check import check, fastest_launch, judged
from kernel_gepa.harness.connection import Connection, WorkerFailed
from kernel_gepa.harness.drawn import inputs_for
from kernel_gepa.harness.measure import COLD_BYTES, MOST_SLOTS, Rounds, launches_per_batch, measure
from kernel_gepa.harness.reference import Reference
from kernel_gepa.harness.station import LAUNCH_LIMIT_S, Room, Station
from kernel_gepa.ports import Built

CHECKED_LAUNCHES = 4  # each on inputs of its own
CHECK_BYTES = 256 << 20
TIMED_BYTES = 384 << 20  # per side


@dataclass(frozen=True, slots=True)
class Baseline:
    """`built` is None for the eager reference, which is called as Python."""

    name: str
    connection: Connection
    built: Built | None


@dataclass(frozen=True, slots=True)
class Rules:
    """How launches are made and timed."""

    rounds: Rounds
    clock: str
    launch_limit_s: float = LAUNCH_LIMIT_S


class Trial:
    """Raises Settled with the verdict at the first stage that fails."""

    def __init__(self, candidate: Connection, built: Built, task: Task, reference: Reference, rules: Rules) -> None:
        self._candidate, self._built, self._task = candidate, built, task
        self._reference, self._rules = reference, rules
        # Unknown to everybody until the verdict is out: what a kernel cannot know it cannot prepare for.
        self._rng = Random(secrets.randbits(64))

    def check(self) -> dict[str, float]:
        """Roughly the seconds of one launch by workload, once every workload is right."""
        wrong: list[Mismatch] = []
        seconds: dict[str, float] = {}
        for workload in self._task.workloads:
            with (
                blaming(self._candidate, "check", workload.name),
                self._station(self._candidate, self._built, workload, room_for(workload)) as station,
            ):
                mismatch = check(station, self._reference, self._task.tolerance)
                if mismatch is not None:
                    wrong.append(mismatch)
                else:
                    seconds[workload.name] = fastest_launch(station, self._rules.clock)
        if wrong:
            raise Settled(Incorrect(tuple(wrong), tuple(seconds)))
        return seconds

    def time(self, seconds: dict[str, float], baseline: Baseline) -> tuple[Measurement, ...]:
        return tuple(self._time(workload, seconds[workload.name], baseline) for workload in self._task.workloads)

    def _time(self, workload: Workload, seconds: float, baseline: Baseline) -> Measurement:
        theirs = self._baseline_seconds(workload, baseline)
        with (
            blaming(self._candidate, "time", workload.name),
            self._station(self._candidate, self._built, workload, room_for(workload, seconds)) as ours,
            self._station(baseline.connection, baseline.built, workload, room_for(workload, theirs)) as other,
        ):
            found = measure(
                ours,
                other,
                against=baseline.name,
                rounds=self._rules.rounds,
                clock=self._rules.clock,
                audit=lambda station, slot, before: judged(
                    station, slot, before, self._reference, self._task.tolerance
                ),
                rng=self._rng,
            )
        if isinstance(found, Mismatch):
            raise Settled(Incorrect((found,)))
        if isinstance(found, Rejected):
            raise Settled(found)
        return found

    def _baseline_seconds(self, workload: Workload, baseline: Baseline) -> float:
        try:
            with self._station(baseline.connection, baseline.built, workload, room_for(workload)) as station:
                station.fill()
                return fastest_launch(station, self._rules.clock)
        except WorkerFailed as error:
            if baseline.built is not None:
                raise TaskError(f"the start kernel of {self._task.id} is no baseline: {error}; repair it") from error
            raise SandboxError(f"the baseline {baseline.name} of {self._task.id} failed: {error}") from error

    @contextmanager
    def _station(
        self, connection: Connection, built: Built | None, workload: Workload, room: Room
    ) -> Iterator[Station]:
        passed = self._passed(built, workload)
        with tempfile.TemporaryDirectory(prefix="arena-", dir=connection.folder) as folder:
            shared(Path(folder))
            generator = np.random.default_rng(self._rng.getrandbits(128))
            inputs = inputs_for(self._task, workload, self._reference, generator)
            room = replace(room.within(inputs.most_distinct), limit_s=self._rules.launch_limit_s)
            arena = Path(folder) / "arena"
            station = Station(connection, workload, inputs, passed=passed, arena=arena, room=room)
            try:
                yield station
            finally:
                station.close()
                inputs.close()

    def _passed(self, built: Built | None, workload: Workload) -> tuple[Passed, ...] | None:
        if built is None or not built.parameters:
            return None
        found = bind(built.parameters, workload)
        if isinstance(found, Misfit):
            raise Settled(BuildFailed(found.problem))
        return found


def room_for(workload: Workload, seconds: float | None = None) -> Room:
    """A few launches to check and calibrate with, or enough for timed rounds to wander over."""
    slot_bytes = of_workload(workload).slot_bytes
    if seconds is None:
        return Room(slots=max(2, min(CHECKED_LAUNCHES, CHECK_BYTES // slot_bytes)))
    most = max(3, min(TIMED_BYTES // slot_bytes, MOST_SLOTS))
    launches = launches_per_batch(seconds, most)
    return Room(slots=max(3 * launches, min(most, COLD_BYTES // slot_bytes)), launches=launches)
