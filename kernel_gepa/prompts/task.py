"""A task in words: the same for every model that has to work on it."""

from __future__ import annotations

from kernel_gepa.domain.task import Form, Task
from kernel_gepa.prompts.frame import clipped, fenced, filled

STATEMENT = 16_000  # characters


def described(task: Task) -> str:
    """What to compute, on which workloads, how exactly, and by which rules."""
    values = {
        "statement": "\n\n".join(part for part in (statement(task), _reference(task)) if part),
        "workloads": "\n".join(f"- {workload}" for workload in task.workloads),
        "atol": f"{task.tolerance.atol:g}",
        "rtol": f"{task.tolerance.rtol:g}",
    }
    return filled("task", values)


def statement(task: Task) -> str:
    return clipped(task.statement.strip(), STATEMENT)


def _reference(task: Task) -> str:
    """Empty where the statement quotes it already, and for a row of a data set: expected outputs are in it."""
    if task.form is Form.AIE or task.reference.strip() in task.statement:
        return ""
    return filled("reference", {"source": fenced(clipped(task.reference, STATEMENT), "python")})
