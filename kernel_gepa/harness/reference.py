"""The reference, in clean workers of its own: one that is exact, and one that is timed as the eager baseline."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel_gepa.domain.task import Form, Task, TensorSpec, Workload
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.arena import Arena, Place, layout, of_workload
from kernel_gepa.harness.connection import Connection, Launch, WorkerGone, WorkerRefused, WorkerSilent
from kernel_gepa.harness.inputs import decode
from kernel_gepa.ports import Mount

# A reference that needs longer for one launch cannot be a baseline: a search would take days.
LAUNCH_LIMIT_S = 60.0
LOAD_LIMIT_S = 180.0

# The constructor's seed is part of the task's definition (as in KernelBench); inputs have secret seeds.
WEIGHT_SEED = 42


class Reference:
    """Computes what is right for given inputs. Raises TaskError when the task's own code fails."""

    def __init__(self, launch: Launch, folder: Path, task: Task, *, precision: str | None = "float64") -> None:
        self._launch, self.folder, self.task = launch, folder, task
        folder.mkdir(parents=True, exist_ok=True)
        self.source = folder / "reference.py"
        self.source.write_text(task.reference)
        self._exact: Connection | None = None
        self._bound: tuple[str, Arena] | None = None
        self.precision = precision

    @property
    def exact(self) -> Connection:
        """Started at the first use; in float64 where the reference can be computed so, else in its own types."""
        if self._exact is None:
            self._exact = self.worker("exact", precision=self.precision)
        return self._exact

    def worker(self, name: str, *, precision: str | None) -> Connection:
        """A clean worker that holds the reference and nothing else."""
        folder = self.folder / name
        connection = Connection(self._launch, folder, torch=True, mounts=(Mount(self.folder, writable=True),))
        source = folder / "reference.py"
        source.write_text(self.task.reference)
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
            source=str(source),
            precision=precision,
            threads=self._launch.threads,
            **what,
        )
        return connection

    def tell(self, connection: Connection, limit_s: float, /, **request: Any) -> dict[str, Any]:
        """`ask` for trusted code: what goes wrong is the task's fault, in words for its author."""
        try:
            return connection.ask(limit_s, **request)
        except WorkerRefused as error:
            raise TaskError(f"the reference of {self.task.id} failed{_where(error.trace)}: {error.text}") from None
        except WorkerSilent as error:
            self._drop(connection)
            raise TaskError(
                f"the reference of {self.task.id} gave no answer within {error.limit_s:g} s; use smaller workloads"
            ) from None
        except WorkerGone as error:
            self._drop(connection)
            how = f"; {error.ended.stderr.strip()[-500:]}" if error.ended and error.ended.stderr.strip() else ""
            raise TaskError(f"the reference of {self.task.id} crashed its worker (out of memory?){how}") from None

    def _drop(self, connection: Connection) -> None:
        """A worker that is gone is not asked again; the next question starts another."""
        connection.close()
        if connection is self._exact:
            self._exact = None
            self.forget()

    def expected(self, workload: Workload, inputs: list[NDArray[np.generic]]) -> list[NDArray[np.float64]]:
        """What the reference makes of these inputs, as flat float64 arrays, one per output."""
        arena = self._arena(workload)
        for target, values in zip(arena.inputs(0), inputs, strict=True):
            np.copyto(target, values)
        self.tell(self.exact, LAUNCH_LIMIT_S, do="bind", slots=1, **python_binding(workload, arena))
        self.tell(self.exact, LAUNCH_LIMIT_S, do="run", first=0, count=1)
        problems = self.tell(self.exact, LAUNCH_LIMIT_S, do="collect", first=0, count=1)["problems"]
        if problems:
            raise TaskError(f"the reference of {self.task.id} {problems[0]} on workload {workload.name}")
        return [
            decode(values, place.spec.dtype)
            for values, place in zip(arena.outputs(0), arena.layout.outputs, strict=True)
        ]

    def _arena(self, workload: Workload) -> Arena:
        if self._bound is None or self._bound[0] != workload.name:
            self.forget()
            shape = of_workload(workload)
            if self.precision:
                outputs = tuple(_exactly(o) for o in workload.outputs)
                shape = layout(tuple(p.spec for p in shape.inputs), outputs)
            arena = Arena(self.folder / "exact.arena", shape, 1)
            self.tell(self.exact, LAUNCH_LIMIT_S, do="map", path=str(arena.path))
            self._bound = workload.name, arena
        return self._bound[1]

    def forget(self) -> None:
        """The exact worker was given another arena; the next use maps its own again."""
        if self._bound is not None:
            self._bound[1].close()
            self._bound = None

    def close(self) -> None:
        if self._exact is not None:
            self._exact.close()
        self.forget()


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


def share_weights(reference: Reference, candidate: Connection, folder: Path) -> bool:
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
    # Two arenas: the candidate's sandbox shows nothing of the reference's folder.
    shape = layout(tuple(TensorSpec(name, dtype, tuple(extents)) for name, dtype, extents in theirs), ())
    source, target = Arena(reference.folder / "weights.arena", shape, 1), Arena(folder / "weights.arena", shape, 1)
    entries = [[p.spec.name, source.offset(0, p), p.spec.dtype, list(p.spec.shape)] for p in shape.inputs]
    try:
        reference.tell(reference.exact, LOAD_LIMIT_S, do="map", path=str(source.path))
        reference.tell(reference.exact, LOAD_LIMIT_S, do="weights", entries=entries, into="arena")
        np.copyto(target.bytes, source.bytes)
        candidate.ask(LOAD_LIMIT_S, do="map", path=str(target.path))
        candidate.ask(LOAD_LIMIT_S, do="weights", entries=entries, into="module")
    finally:
        source.close()
        target.close()
        reference.forget()
    return True
