"""A task that starts from TorchInductor's code: generated in a sandbox, by a worker that holds the reference only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kernel_gepa.domain.task import Form, Task
from kernel_gepa.errors import TaskError
from kernel_gepa.harness.reference import Reference
from kernel_gepa.harness.seeding import Generated, seed
from kernel_gepa.harness.workers import Workers
from kernel_gepa.ports import Sandbox

# Importing TorchInductor takes some ten seconds of CPU time, and a long loop of a reference is unrolled.
GENERATE_LIMIT_S = 300.0


def induced(task: Task, sandbox: Sandbox, folder: Path, threads: int = 1) -> Task:
    """The same task with another start, which is no copy of the reference. Raises TaskError where there is none."""
    if task.form is not Form.KERNELBENCH:
        raise TaskError(f"{task.id} is not of KernelBench form; --seed inductor needs a module that PyTorch can trace")
    if not task.start_is_reference:
        raise TaskError(
            f"{task.id} brings a kernel of its own to start from; leave out --seed inductor, or its ModelNew"
        )
    with Workers(sandbox, folder / "seed", threads) as workers:
        reference = Reference(workers, folder / "seed", task)
        try:
            text = _text(reference, task, threads)
        finally:
            reference.close()
    return replace(task, kernel=text, start_is_reference=False)


def _text(reference: Reference, task: Task, threads: int) -> str:
    programs, version = [], ""
    for workload in task.workloads:
        told = reference.tell(reference.own, GENERATE_LIMIT_S, do="induce", workload=workload.name, threads=threads)
        version = str(told["version"])
        programs.append(
            Generated(
                workload,
                str(told["code"]),
                tuple(told["state"]),
                bool(told["several"]),
                tuple(told["macros"]),
                tuple(told["flags"]),
            )
        )
    return seed(task, task.kernel, programs, version)
