"""One loaded kernel on one workload: its worker, its arena, its clock, and fresh inputs for its launches."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
# CPU time of a request that is no launch, and of copying an output, on a slow machine.
ASIDE_S, ASIDE_BYTES_PER_S = 0.5e-3, 1e9
ROOM_LIMIT_S = 60.0  # mapping and binding touch every page of an arena


@dataclass(frozen=True, slots=True)
class Room:
    """How many launches have memory of their own, and the n of a timed round: its batches make 3n launches."""

    slots: int
    launches: int = 1
    limit_s: float = LAUNCH_LIMIT_S  # of one launch; a batch gets up to eight times that

    def within(self, most: int) -> Room:
        """When only so many launches can have inputs of their own: a round has them. The ring goes on being as long, so
        that a small workload with few draws does not find its data in a cache.
        """
        return replace(self, launches=max(1, min(self.launches, most // 3)))


class Station:
    """`passed` says how a native kernel takes its arguments; None means a Python kernel."""

    def __init__(
        self,
        connection: Connection,
        workload: Workload,
        inputs: Inputs,
        *,
        passed: tuple[Passed, ...] | None,
        room: Room,
    ) -> None:
        self.connection, self.workload, self.inputs = connection, workload, inputs
        self.native = passed is not None
        self.launches, self._limit_s = room.launches, room.limit_s
        self.idle_cpu_s = 0.0  # of the worker, before requests that are not launches: nobody asked for it
        self.collect_cpu_s: float | None = None  # the least that copying one output took
        self.arena = Arena(of_workload(workload), room.slots)
        binding = python_binding(workload, self.arena) if passed is None else native_binding(passed, self.arena)
        connection.ask(ROOM_LIMIT_S, do="map", arena=self.arena)
        connection.ask(ROOM_LIMIT_S, do="bind", slots=room.slots, **binding)
        self.clock = Clock(connection)

    @property
    def slots(self) -> int:
        return self.arena.slots

    def fill(self, first: int = 0, count: int | None = None) -> None:
        """New input values, and poisoned outputs where the kernel is given them."""
        count = self.slots - first if count is None else count
        self.inputs.fill(self.arena, first, count)
        if self.native:
            self.arena.poison(first, count)

    def release(self) -> None:
        """Frees what a Python kernel has returned: the next round finds its memory as any PyTorch program does."""
        if not self.native:
            self.idle_cpu_s += self.clock.settle()
            self.connection.ask(ROOM_LIMIT_S, do="release")
            self._aside(self.clock.settle(), 0)

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
            self._aside(spent, sum(output.nbytes for output in self.workload.outputs))
            self.collect_cpu_s = spent if self.collect_cpu_s is None else min(spent, self.collect_cpu_s)
            if problems:
                return str(problems[0])
        return self.arena.outputs(slot)

    def overwrite(self, slot: int, output: int) -> None:
        """Other bytes in one output of a Python kernel's launch, where the kernel has it."""
        self.connection.ask(ROOM_LIMIT_S, do="overwrite", slot=slot, output=output)

    def restore(self) -> None:
        """What was overwritten is as it was."""
        self.connection.ask(ROOM_LIMIT_S, do="restore")

    def _aside(self, cpu_s: float, nbytes: int) -> None:
        """What a request beside the launches took too much was a kernel at work: the next inputs are there already."""
        self.idle_cpu_s += max(0.0, cpu_s - ASIDE_S - nbytes / ASIDE_BYTES_PER_S)

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
