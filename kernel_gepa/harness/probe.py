"""From a draft to a task: what only running the author's code can tell, and whether it can be a task at all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kernel_gepa.benchmarks import spec
from kernel_gepa.benchmarks.single_file import Draft
from kernel_gepa.domain.task import Form, Input, ScalarSpec, Task, TensorSpec, Tolerance, Workload
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.arena import Arena, of_workload
from kernel_gepa.harness.compare import wrong_elements
from kernel_gepa.harness.drawn import inputs_for
from kernel_gepa.harness.draws import Draw, below_tolerance, plain_draw, same_answer, same_output
from kernel_gepa.harness.inputs import Bytes, Exact
from kernel_gepa.harness.reference import LAUNCH_LIMIT_S, LOAD_LIMIT_S, Reference, python_binding
from kernel_gepa.harness.tolerance import derived, room
from kernel_gepa.harness.workers import Workers
from kernel_gepa.ports import Sandbox

# A tolerance is derived from so many answers, and whether answers follow their inputs is seen in them.
DRAWS = 3
# No kernel is judged by them, so they need not be secret: a task should not get another tolerance every time.
SEED = 0

# Of one launch's bytes, how many are alive at once: three slots on either side, the inputs and outputs of a few draws,
# exact and not, in float64, the reference's intermediate values, and the copies that are compared.
COPIES = 24


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
        stress=draft.stress,
    )
    with Workers(sandbox, folder / "probe") as workers:
        return _completed_task(draft, task, Reference(workers, folder / "probe", task))


def _completed_task(draft: Draft, task: Task, reference: Reference) -> Task:
    try:
        described, stated = _described(reference, draft)
        for name, inputs in described.items():
            _fits(draft, name, inputs)
        workloads = [_completed(reference, draft, name, inputs) for name, inputs in described.items()]
        task = replace(task, workloads=tuple(workloads))
        reference.task = task
        answers = [_answers(reference, task, workload) for workload in workloads]
        for each in zip(workloads, answers, strict=True):
            _is_deterministic(reference, task, *each)
        task = _with_tolerance(reference, task, answers, stated)
        warnings = [w for each in zip(task.workloads, answers, strict=True) for w in _examined(reference, task, *each)]
        if not reference.in_float64:
            warnings.append(
                "the reference cannot be computed in float64, so kernels are compared with what its own types give"
            )
    finally:
        reference.close()
    return replace(task, warnings=tuple(warnings))


def _described(reference: Reference, draft: Draft) -> tuple[dict[str, tuple[Input, ...]], Tolerance | None]:
    if draft.form is Form.KERNELBENCH:
        names = reference.tell(reference.own, LAUNCH_LIMIT_S, do="workloads")["names"]
        return {name: _drawn_inputs(reference, name) for name in names}, None
    told = reference.tell(reference.own, LOAD_LIMIT_S, do="describe", source=str(reference.own.room / "reference.py"))
    workloads = told["workloads"]
    if not isinstance(workloads, Mapping) or not workloads:
        raise TaskError(
            f"workloads() of {draft.source} must return a mapping from names to inputs, and not an empty one"
        )
    found = {str(name): spec.inputs(str(name), written) for name, written in workloads.items()}
    return found, _declared_tolerance(draft, told["tolerance"])


def _drawn_inputs(reference: Reference, workload: str) -> tuple[Input, ...]:
    drawn = reference.tell(reference.own, LAUNCH_LIMIT_S, do="draw", workload=workload, seed=0)["inputs"]
    return tuple(_drawn_input(number, entry) for number, entry in enumerate(drawn))


def _drawn_input(number: int, entry: list[Any]) -> Input:
    if entry[0] == "value":
        return ScalarSpec(f"input{number}", entry[1])
    return TensorSpec(f"input{number}", entry[1], tuple(entry[2]), distribution="as the task's file draws them")


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
    told = reference.tell(reference.own, LAUNCH_LIMIT_S, do="outputs")["outputs"]
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
    arena = Arena(of_workload(workload), 1)
    inputs.fill(arena, 0)
    reference.tell(reference.own, LAUNCH_LIMIT_S, do="map", arena=arena)
    reference.tell(reference.own, LAUNCH_LIMIT_S, do="bind", slots=1, **python_binding(workload, arena))
    inputs.close()
    arena.close()


@dataclass(frozen=True, slots=True)
class Answers:
    """What the reference makes of a few draws, in float64 and in its own types."""

    inputs: list[Bytes]
    exact: list[list[Exact]]
    own: list[list[Exact]]


def _answers(reference: Reference, task: Task, workload: Workload) -> Answers:
    inputs = inputs_for(task, workload, reference, np.random.default_rng(SEED))
    arena = Arena(of_workload(workload), 1)
    drawn = []
    for _ in range(DRAWS):
        inputs.fill(arena, 0)
        drawn.append([values.copy() for values in arena.inputs(0)])
    inputs.close()
    arena.close()
    return Answers(drawn, reference.answers(workload, drawn), reference.own_answers(workload, drawn))


def _with_tolerance(reference: Reference, task: Task, answers: Sequence[Answers], stated: Tolerance | None) -> Task:
    """What is stated holds; what is not is derived, for every output of every workload."""
    if stated is not None:
        return replace(task, tolerance=stated)
    workloads = []
    for workload, found in zip(task.workloads, answers, strict=True):
        per_output = zip(workload.outputs, zip(*found.exact, strict=True), zip(*found.own, strict=True), strict=True)
        tolerances = (derived(spec, e, o, in_float64=reference.in_float64) for spec, e, o in per_output)
        workloads.append(replace(workload, tolerances=tuple(tolerances)))
    found_ones = [t for w in workloads for t in w.tolerances]
    loosest = Tolerance(max(t.rtol for t in found_ones), max(t.atol for t in found_ones))
    return replace(task, workloads=tuple(workloads), tolerance=loosest)


def _examined(reference: Reference, task: Task, workload: Workload, answers: Answers) -> list[str]:
    """Sentences about what is odd. Raises TaskError when this workload cannot tell right from wrong."""
    pairs = zip(answers.inputs, answers.exact, strict=True)
    plain = [plain_draw(task, workload, inputs, exact) for inputs, exact in pairs]
    where = f"on workload {workload.name} of {task.id}"
    if all(below_tolerance(draw) for draw in plain):
        raise TaskError(f"the task is degenerate: {where} zeros would pass; {_advice(task)}")
    if all(same_answer(plain[0], draw) for draw in plain[1:]):
        raise TaskError(
            f"the task is degenerate: {where} the answer is the same for different inputs, within the tolerance, so "
            f"that a constant would pass; {_advice(task)}"
        )
    return [
        *_constant_outputs(where, workload, plain),
        *_ignored_inputs(reference, task, workload, plain),
        *_missed_tolerance(where, workload, plain[0], answers.own[0]),
    ]


def _advice(task: Task) -> str:
    if task.states_tolerance:
        return "give it inputs that matter, or state a smaller tolerance, or none: then it is derived"
    return "give it inputs on which the answer depends"


def _is_deterministic(reference: Reference, task: Task, workload: Workload, answers: Answers) -> None:
    """The same inputs, twice, must give the same outputs, but for the rounding of another order of operations."""
    first = answers.exact[0]
    (again,) = reference.answers(workload, answers.inputs[:1])
    for output, one, other in zip(workload.outputs, first, again, strict=True):
        if not np.isfinite(one).any() and one.size:
            raise TaskError(f"the reference of {task.id} returns no finite value on workload {workload.name}")
        if wrong_elements(other, one, room(one, derived(output, [one], [one], in_float64=True))).any():
            raise TaskError(
                f"the reference of {task.id} is not deterministic: two runs on the same inputs of workload "
                f"{workload.name} differ in {output.name}; a kernel could not be told right from wrong"
            )


def _constant_outputs(where: str, workload: Workload, plain: Sequence[Draw]) -> list[str]:
    if len(workload.outputs) == 1:
        return []
    return [
        f"degenerate: {where}, {output.name} is the same for different inputs, within the tolerance"
        for number, output in enumerate(workload.outputs)
        if all(same_output(plain[0], draw, number) for draw in plain[1:])
    ]


def _ignored_inputs(reference: Reference, task: Task, workload: Workload, plain: Sequence[Draw]) -> list[str]:
    """Each input in turn takes the values of other draws, alone."""
    specs = [i for i in workload.inputs if isinstance(i, TensorSpec)]
    if len(specs) < 2:
        return []
    base, others = plain[0], plain[1:]
    mixed = [[*base.inputs[:n], other.inputs[n], *base.inputs[n + 1 :]] for n in range(len(specs)) for other in others]
    answers = [plain_draw(task, workload, m, e) for m, e in zip(mixed, reference.answers(workload, mixed), strict=True)]
    same = [same_answer(base, draw) for draw in answers]
    return [
        f"degenerate: on workload {workload.name} of {task.id} the answer does not depend on {spec_.name}, within the "
        "tolerance"
        for n, spec_ in enumerate(specs)
        if all(same[n * len(others) : (n + 1) * len(others)])
    ]


def _missed_tolerance(where: str, workload: Workload, draw: Draw, own: Sequence[Exact]) -> list[str]:
    return [
        f"{where} the reference itself misses the tolerance in {int(wrong.sum())} of {wrong.size} values of "
        f"{output.name} when it is computed in its own types; state a larger one, or none: then it is derived"
        for output, exact, found, allowed in zip(workload.outputs, draw.exact, own, draw.rooms, strict=True)
        if (wrong := wrong_elements(found, exact, allowed)).any()
    ]
