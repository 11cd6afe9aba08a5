"""The reference, in clean workers of its own: exact, in its own types, and timed as the eager baseline."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.task import Form, Task, TensorSpec, Workload
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.arena import Arena, Place, layout
from kernel_gepa.harness.connection import Connection, WorkerGone, WorkerLost, WorkerRefused, WorkerSilent
from kernel_gepa.harness.inputs import Bytes, Exact, decode
from kernel_gepa.harness.sharing import Sharing, together
from kernel_gepa.harness.tolerance import mean_magnitude
from kernel_gepa.harness.workers import REFERENCE, Workers

# A reference that needs longer for one launch cannot be a baseline: a search would take days.
LAUNCH_LIMIT_S = 60.0
LOAD_LIMIT_S = 180.0

# The constructor's seed is part of the task's definition (as in KernelBench); inputs have secret seeds.
WEIGHT_SEED = 42


# Small launches are answered together: messages would cost more than they do.
BATCH_BYTES = 8 << 20
MOST_IN_BATCH = 8


class Reference:
    """Computes what is right for given inputs. Raises TaskError when the task's own code fails."""

    def __init__(self, workers: Workers, folder: Path, task: Task) -> None:
        self._workers, self.task = workers, task
        folder.mkdir(parents=True, exist_ok=True)
        self.source = folder / "reference.py"
        self.source.write_text(task.reference)
        self._exact, self._own = Side(self, "float64"), Side(self, "own")
        self._answered = False
        self.in_float64 = True  # until it turns out that this reference cannot be computed so

    @property
    def exact(self) -> Connection:
        """Started at the first use."""
        return self._exact.connection

    @property
    def own(self) -> Connection:
        """The reference in the types that its author wrote: it tells how exact those can be."""
        return self._own.connection

    def answers(self, workload: Workload, draws: Sequence[Bytes]) -> list[list[Exact]]:
        """What the reference makes of each of these inputs: flat arrays, one per output. In float64 where it can."""
        if self.in_float64:
            try:
                found = self._exact.answers(workload, draws)
            except TaskError:
                if self._answered:
                    raise
                found = self._own.answers(workload, draws)  # raises where it is not the precision that fails
                self.in_float64 = False
            self._answered = True
            return found
        return self._own.answers(workload, draws)

    def expected(self, workload: Workload, inputs: Bytes) -> list[Exact]:
        """The answer for one draw."""
        (found,) = self.answers(workload, [inputs])
        return found

    def own_answers(self, workload: Workload, draws: Sequence[Bytes]) -> list[list[Exact]]:
        return self._own.answers(workload, draws)

    def answer_s(self, workload: Workload) -> float:
        """Roughly, the seconds of one exact answer; 0 before there was one."""
        return (self._exact if self.in_float64 else self._own).answer_s.get(workload, 0.0)

    def count(self) -> dict[str, int]:
        """Operations and bytes of the launch that was answered last in the author's own types, by tracing it again."""
        told = self.tell(self.own, LAUNCH_LIMIT_S, do="count")
        return {name: int(value) for name, value in told.items() if name != "turn"}

    def sharing(self, workload: Workload, inputs: Bytes) -> Sharing:
        """Which outputs lie in the memory of others, or of something else."""
        return self._own.sharing(workload, inputs)

    def worker(self, *, precision: str | None, fresh: bool = False, compiled: bool = False) -> Connection:
        """A clean worker that holds the reference and nothing else; `compiled`: as torch.compile makes it."""
        connection = self._workers.worker(REFERENCE, torch=True, files=[self.source], fresh=fresh)
        what: dict[str, Any] = (
            {"function": "reference"}
            if self.task.form is Form.NATIVE
            else {"module": "Model", "init": None, "seed": WEIGHT_SEED}
        )
        self.tell(
            connection,
            LOAD_LIMIT_S,
            do="load",
            form="python",
            source=str(connection.room / self.source.name),
            precision=precision,
            compiled=compiled,
            threads=self._workers.threads,
            **what,
        )
        return connection

    def tell(self, connection: Connection, limit_s: float, /, **request: Any) -> dict[str, Any]:
        """`ask` for trusted code: what goes wrong is the task's fault, in words for its author."""
        try:
            return connection.ask(limit_s, **request)
        except WorkerRefused as error:
            raise TaskError(f"the reference of {self.task.id} failed{_where(error.trace)}: {error.text}") from None
        except WorkerLost:
            self._drop(connection)
            raise
        except WorkerSilent as error:
            self._drop(connection)
            raise TaskError(
                f"the reference of {self.task.id} gave no answer within {error.limit_s:g} s; use smaller workloads"
            ) from None
        except WorkerGone as error:
            self._drop(connection)
            how = f"; {error.ended.stderr.strip()[-500:]}" if error.ended and error.ended.stderr.strip() else ""
            raise TaskError(f"the reference of {self.task.id} crashed its worker (out of memory?){how}") from None

    def drop_the_lost(self) -> None:
        """Forgets workers whose sandbox has ended while nobody asked them anything."""
        for side in (self._exact, self._own):
            if side.lost:
                self._drop(side.connection)

    def _drop(self, connection: Connection) -> None:
        """A worker that is gone is not asked again; the next question starts another."""
        connection.close()
        for side in (self._exact, self._own):
            side.dropped(connection)

    def forget(self) -> None:
        """The exact worker was given another arena; the next use maps its own again."""
        self._exact.forget()

    def close(self) -> None:
        self._exact.close()
        self._own.close()


class Side:
    """One worker of the reference, and the arenas where it finds inputs and leaves its answers, one per workload."""

    def __init__(self, reference: Reference, precision: str) -> None:
        self._reference, self._precision = reference, precision
        self._connection: Connection | None = None
        self._arenas: dict[Workload, Arena] = {}
        self._mapped: Arena | None = None
        self.answer_s: dict[Workload, float] = {}

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._reference.worker(precision=self._precision)
        return self._connection

    @property
    def lost(self) -> bool:
        return self._connection is not None and not self._connection.stands

    def answers(self, workload: Workload, draws: Sequence[Bytes]) -> list[list[Exact]]:
        arena = self._arena(workload)
        found: list[list[Exact]] = []
        for start in range(0, len(draws), arena.slots):
            batch = draws[start : start + arena.slots]
            began = time.monotonic()
            for slot, inputs in enumerate(batch):
                _copy(inputs, arena.inputs(slot))
            self._tell(do="bind", slots=len(batch), **python_binding(workload, arena))
            self._tell(do="run", first=0, count=len(batch))
            found += self._collected(workload, arena, len(batch))
            seconds = (time.monotonic() - began) / len(batch)
            self.answer_s[workload] = min(seconds, self.answer_s.get(workload, seconds))
        return found

    def sharing(self, workload: Workload, inputs: Bytes) -> Sharing:
        (first,) = self.answers(workload, [inputs])
        arena = self._arena(workload)
        _copy([~values.view(np.uint8) for values in inputs], [i.view(np.uint8) for i in arena.inputs(0)])
        (second,) = self._collected(workload, arena, 1)
        _copy(inputs, arena.inputs(0))
        with_inputs = frozenset(n for n, pair in enumerate(zip(first, second, strict=True)) if not _equal(*pair))
        with_another = together(
            len(first),
            lambda n: self._tell(do="overwrite", slot=0, output=n),
            lambda: self._collected(workload, arena, 1)[0],
            _equal,
        )
        (later,) = self.answers(workload, [inputs])
        self._tell(do="restore")
        return Sharing(with_inputs, with_another, lasting=not all(map(_alike, first, later)))

    def _collected(self, workload: Workload, arena: Arena, count: int) -> list[list[Exact]]:
        problems = self._tell(do="collect", first=0, count=count)["problems"]
        if problems:
            raise TaskError(f"the reference of {self._reference.task.id} {problems[0]} on workload {workload.name}")
        return [
            [decode(v, place.spec.dtype) for v, place in zip(arena.outputs(slot), arena.layout.outputs, strict=True)]
            for slot in range(count)
        ]

    def _tell(self, **request: Any) -> dict[str, Any]:
        return self._reference.tell(self.connection, LAUNCH_LIMIT_S, **request)

    def _arena(self, workload: Workload) -> Arena:
        if workload not in self._arenas:
            inputs = tuple(i for i in workload.inputs if isinstance(i, TensorSpec))
            shape = layout(inputs, tuple(_exactly(o) for o in workload.outputs))
            slots = max(1, min(MOST_IN_BATCH, BATCH_BYTES // max(1, shape.slot_bytes)))
            self._arenas[workload] = Arena(shape, slots)
        arena = self._arenas[workload]
        if self._mapped is not arena:
            self._tell(do="map", arena=arena)
            self._mapped = arena
        return arena

    def dropped(self, connection: Connection) -> None:
        if connection is self._connection:
            self._connection = self._mapped = None

    def forget(self) -> None:
        self._mapped = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        for arena in self._arenas.values():
            arena.close()


def _copy(values: Sequence[NDArray[Any]], into: Sequence[NDArray[Any]]) -> None:
    for source, target in zip(values, into, strict=True):
        np.copyto(target, source)


def _equal(one: Exact, other: Exact) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def _alike(one: Exact, other: Exact) -> bool:
    """But for the rounding of another order of operations."""
    return np.allclose(one, other, rtol=1e-2, atol=1e-2 * mean_magnitude(one), equal_nan=True)


def _where(trace: str) -> str:
    """The last line of the author's own file in a traceback."""
    lines = re.findall(r'reference\.py", line (\d+)', trace)
    return f" at its line {lines[-1]}" if lines else ""


def _exactly(output: TensorSpec) -> TensorSpec:
    return replace(output, dtype="float64") if "float" in output.dtype else output


def python_binding(workload: Workload, arena: Arena) -> dict[str, Any]:
    """The `bind` request of a Python kernel: for every tensor where the first one lies, and how far apart they are."""
    places = iter(arena.layout.inputs)
    inputs: list[list[Any]] = []
    for spec in workload.inputs:
        if isinstance(spec, TensorSpec):
            inputs.append(["tensor", *_strewn(arena, next(places))])
        else:
            inputs.append(["value", spec.value])
    return {"inputs": inputs, "outputs": [_strewn(arena, place) for place in arena.layout.outputs]}


def _strewn(arena: Arena, place: Place) -> list[Any]:
    return [arena.offset(0, place), place.stride, place.spec.dtype, list(place.spec.shape)]


def share_weights(reference: Reference, candidate: Connection) -> bool:
    """Copies the reference module's state into the candidate's, when names and shapes agree.

    Else both keep what their constructors made of the same seed. Returns whether the state was copied.
    """
    state = reference.tell(reference.exact, LOAD_LIMIT_S, do="weights")["state"]
    try:
        theirs = candidate.ask(LOAD_LIMIT_S, do="weights")["state"]
    except (WorkerRefused, KeyError):
        return False
    # By name: a constructor that makes its parameters in another order draws other values from the same seed.
    if not state or {name: shape for name, _, shape in state} != {name: shape for name, _, shape in theirs}:
        return False
    # Two arenas: the candidate shares no memory with the reference.
    shape = layout(tuple(TensorSpec(name, dtype, tuple(extents)) for name, dtype, extents in theirs), ())
    source, target = Arena(shape, 1), Arena(shape, 1)
    entries = [[p.spec.name, source.offset(0, p), p.spec.dtype, list(p.spec.shape)] for p in shape.inputs]
    try:
        reference.tell(reference.exact, LOAD_LIMIT_S, do="map", arena=source)
        reference.tell(reference.exact, LOAD_LIMIT_S, do="weights", entries=entries, into="arena")
        np.copyto(target.bytes, source.bytes)
        candidate.ask(LOAD_LIMIT_S, do="map", arena=target)
        candidate.ask(LOAD_LIMIT_S, do="weights", entries=entries, into="module")
    finally:
        source.close()
        target.close()
        reference.forget()
    return True
