"""One loaded kernel on one workload: its worker, its arena, its clock, and fresh inputs for its launches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.signature import Passed
from kernel_gepa.domain.task import TensorSpec, Workload
from kernel_gepa.harness.arena import Arena, of_workload
from kernel_gepa.harness.clock import Clock, Lap
from kernel_gepa.harness.connection import Connection
from kernel_gepa.harness.inputs import Inputs
from kernel_gepa.harness.reference import python_binding

# A launch that needs longer is not a kernel one can time by repeating it.
LAUNCH_LIMIT_S = 20.0
ROOM_LIMIT_S = 60.0  # mapping and binding touch every page of an arena


@dataclass(frozen=True, slots=True)
class Room:
    """How many launches have memory of their own, and the n of a timed round: its batches make 3n launches."""

    slots: int
    launches: int = 1
    limit_s: float = LAUNCH_LIMIT_S  # of one launch; a batch gets up to eight times that

    def within(self, most: int) -> Room:
        slots = max(1, min(self.slots, most))
        return replace(self, slots=slots, launches=max(1, min(self.launches, slots // 3)))


class Station:
    """`passed` says how a native kernel takes its arguments; None means a Python kernel."""

    def __init__(
        self,
        connection: Connection,
        workload: Workload,
        inputs: Inputs,
        *,
        passed: tuple[Passed, ...] | None,
        arena: Path,
        room: Room,
    ) -> None:
        self.connection, self.workload, self.inputs = connection, workload, inputs
        self.native = passed is not None
        self.launches, self._limit_s = room.launches, room.limit_s
        self.idle_cpu_s = 0.0  # of the worker, before requests that are not launches: nobody asked for it
        self.collect_cpu_s: float | None = None  # the least that copying one output took
        self.arena = Arena(arena, of_workload(workload), room.slots)
        binding = python_binding(workload, self.arena) if passed is None else native_binding(passed, self.arena)
        connection.ask(ROOM_LIMIT_S, do="map", path=str(arena))
        connection.ask(ROOM_LIMIT_S, do="bind", slots=room.slots, **binding)
        self.clock = Clock(connection)

    @property
    def slots(self) -> int:
        return self.arena.slots

    def fill(self, first: int = 0, count: int | None = None) -> None:
        """New input values and poisoned outputs, for launches that have not been made yet."""
        count = self.slots - first if count is None else count
        for slot in range(first, first + count):
            self.inputs.fill(self.arena, slot)
        if self.native:
            self.arena.poison(first, count)
        else:  # it makes its outputs itself; they are copied here when they are looked at, and freed between rounds
            self.idle_cpu_s += self.clock.settle()
            self.connection.ask(ROOM_LIMIT_S, do="release")
            self.clock.settle()

    def lap(self, first: int, count: int) -> Lap:
        return self.clock.lap(first, count, self._limit_s * max(1, min(count, 8)))

    def snapshot(self, slot: int) -> list[NDArray[np.generic]]:
        """Copies of a slot's inputs, to compute what is right and to see whether they were changed."""
        return [values.copy() for values in self.arena.inputs(slot)]

    def outputs(self, slot: int) -> list[NDArray[np.generic]] | str:
        """What the last batch left for this launch, or the sentence that says why there is nothing usable."""
        if not self.native:
            self.idle_cpu_s += self.clock.settle()
            problems = self.connection.ask(ROOM_LIMIT_S, do="collect", first=slot, count=1).get("problems")
            spent = self.clock.settle()
            self.collect_cpu_s = spent if self.collect_cpu_s is None else min(spent, self.collect_cpu_s)
            if problems:
                return str(problems[0])
        return self.arena.outputs(slot)

    def untouched(self, slot: int) -> bool:
        """Whether a filled slot is as it was filled. A Python kernel writes nothing into the arena by itself."""
        return not self.native or (self.arena.poisoned(slot) and self.arena.overrun(slot) is None)

    def close(self) -> None:
        self.arena.close()


def native_binding(passed: tuple[Passed, ...], arena: Arena) -> dict[str, Any]:
    """The `bind` request of a native kernel: pointers with how far apart they are, and numbers by value."""
    places = {place.spec: place for place in arena.layout.places}
    arguments: list[list[Any]] = []
    for argument in passed:
        if isinstance(argument.source, TensorSpec):
            place = places[argument.source]
            arguments.append(["pointer", arena.offset(0, place), place.stride])
        else:
            whole = not argument.parameter.dtype.startswith("float")
            arguments.append([argument.parameter.dtype, int(argument.source) if whole else argument.source, 0])
    return {"arguments": arguments}
