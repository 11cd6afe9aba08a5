"""From a draft to a task: what only running the author's code can tell, and whether it can be a task at all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kernel_gepa.benchmarks import spec
from kernel_gepa.benchmarks.single_file import Draft
from kernel_gepa.domain.task import Form, Input, ScalarSpec, Task, TensorSpec, Tolerance, Workload
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.arena import Arena, of_workload
from kernel_gepa.harness.compare import wrong_elements
from kernel_gepa.harness.connection import Launch
from kernel_gepa.harness.drawn import inputs_for
from kernel_gepa.harness.reference import LAUNCH_LIMIT_S, LOAD_LIMIT_S, Reference, python_binding
from kernel_gepa.ports import Sandbox

# When the author says nothing: what a straightforward float32 kernel can be asked for, by the coarsest output.
DEFAULT_TOLERANCE = {
    "float64": Tolerance(1e-9, 1e-10),
    "float32": Tolerance(1e-4, 1e-5),
    "float16": Tolerance(1e-2, 1e-3),
    "bfloat16": Tolerance(2e-2, 1e-2),
}

# Of one launch's bytes, how many are alive at once: three slots on either side, the exact reference's inputs and
# outputs in float64, its intermediate values, and the copies that are compared.
COPIES = 16


def complete(draft: Draft, sandbox: Sandbox, folder: Path) -> Task:
    """Raises TaskError when the draft's code fails, does not fit into memory, or does not define what is right."""
    task = Task(
        id=draft.id,
        statement=draft.statement,
        form=draft.form,
        reference=draft.reference,
        kernel=draft.kernel,
        workloads=(),
        tolerance=Tolerance(0.0, 0.0),
        start_is_reference=draft.start_is_reference,
    )
    reference = Reference(Launch(sandbox), folder / "probe", task, precision=None)
    try:
        described, tolerance = _described(reference, draft)
        for name, inputs in described.items():
            _fits(draft, name, inputs)
        workloads = tuple(_completed(reference, draft, name, inputs) for name, inputs in described.items())
        task = replace(task, workloads=workloads, tolerance=tolerance or _tolerance(workloads))
        reference.task = task
        for workload in workloads:
            _is_deterministic(reference, task, workload)
    finally:
        reference.close()
    return task


def _described(reference: Reference, draft: Draft) -> tuple[dict[str, tuple[Input, ...]], Tolerance | None]:
    if draft.form is Form.KERNELBENCH:
        drawn = reference.tell(reference.exact, LAUNCH_LIMIT_S, do="draw", seed=0)["inputs"]
        return {"default": tuple(_drawn_input(n, entry) for n, entry in enumerate(drawn))}, None
    told = reference.tell(reference.exact, LOAD_LIMIT_S, do="describe", source=str(reference.source))
    workloads = told["workloads"]
    if not isinstance(workloads, Mapping) or not workloads:
        raise TaskError(
            f"workloads() of {draft.source} must return a mapping from names to inputs, and not an empty one"
        )
    found = {str(name): spec.inputs(str(name), written) for name, written in workloads.items()}
    return found, _declared_tolerance(draft, told["tolerance"])


def _drawn_input(number: int, entry: list[Any]) -> Input:
    if entry[0] == "value":
        return ScalarSpec(f"input{number}", entry[1])
    return TensorSpec(f"input{number}", entry[1], tuple(entry[2]), distribution="as get_inputs() draws them")


def _declared_tolerance(draft: Draft, written: object) -> Tolerance | None:
    if written is None:
        return None
    if isinstance(written, Mapping) and set(written) == {"rtol", "atol"}:
        rtol, atol = written["rtol"], written["atol"]
        if all(isinstance(v, (int, float)) and 0 <= v < 1 for v in (rtol, atol)):
            return Tolerance(float(rtol), float(atol))
    raise TaskError(
        f'tolerance of {draft.source} must be {{"rtol": r, "atol": a}} with 0 <= r, a < 1; it is {written!r}'
    )


def _fits(draft: Draft, name: str, inputs: tuple[Input, ...]) -> None:
    """Before anything of that size is made."""
    needed = COPIES * sum(i.nbytes for i in inputs if isinstance(i, TensorSpec))
    free = available_bytes()
    if free is not None and needed > free:
        raise TaskError(
            f"workload {name!r} of {draft.source} does not fit into memory: it needs about {needed / 2**30:.1f} GiB "
            f"({COPIES} copies of its inputs) and {free / 2**30:.1f} GiB are free; use smaller extents"
        )


def available_bytes() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _completed(reference: Reference, draft: Draft, name: str, inputs: tuple[Input, ...]) -> Workload:
    """Adds the outputs by running the reference once."""
    bare = Workload(name, inputs, ())
    _launch(reference, bare)
    told = reference.tell(reference.exact, LAUNCH_LIMIT_S, do="outputs")["outputs"]
    outputs = tuple(
        TensorSpec(f"output{n}" if len(told) > 1 else "output", d, tuple(s)) for n, (_, d, s) in enumerate(told)
    )
    complete = replace(bare, outputs=outputs)
    _fits(draft, name, (*inputs, *outputs))
    return complete


def _launch(reference: Reference, workload: Workload) -> None:
    """Maps and binds one slot with fresh inputs."""
    generator = np.random.default_rng(secrets.randbits(128))
    inputs = inputs_for(reference.task, workload, reference, generator)
    arena = Arena(reference.folder / "probe.arena", of_workload(workload), 1)
    inputs.fill(arena, 0)
    reference.tell(reference.exact, LAUNCH_LIMIT_S, do="map", path=str(arena.path))
    reference.tell(reference.exact, LAUNCH_LIMIT_S, do="bind", slots=1, **python_binding(workload, arena))
    inputs.close()
    arena.close()


def _is_deterministic(reference: Reference, task: Task, workload: Workload) -> None:
    """The same inputs, twice, must give the same outputs within the tolerance that kernels will be held to."""
    generator = np.random.default_rng(secrets.randbits(128))
    inputs = inputs_for(task, workload, reference, generator)
    arena = Arena(reference.folder / "same.arena", of_workload(workload), 1)
    inputs.fill(arena, 0)
    values = [v.copy() for v in arena.inputs(0)]
    inputs.close()
    arena.close()
    first, second = (reference.expected(workload, values) for _ in range(2))
    for spec_, one, other in zip(workload.outputs, first, second, strict=True):
        if not np.isfinite(one).any() and one.size:
            raise TaskError(f"the reference of {task.id} returns no finite value on workload {workload.name}")
        if wrong_elements(one, other, task.tolerance).any():
            raise TaskError(
                f"the reference of {task.id} is not deterministic: two runs on the same inputs of workload "
                f"{workload.name} differ in {spec_.name}; a kernel could not be told right from wrong"
            )


def _tolerance(workloads: tuple[Workload, ...]) -> Tolerance:
    found = [DEFAULT_TOLERANCE[o.dtype] for w in workloads for o in w.outputs if o.dtype in DEFAULT_TOLERANCE]
    return max(found, key=lambda t: t.rtol, default=Tolerance(0.0, 0.0))
