"""A row as a task of the house. The row, expected outputs and all, is the task's reference: models never see it."""

from __future__ import annotations

from kernel_gepa.benchmarks.npueval.rows import Row, Vector
from kernel_gepa.domain.task import Form, Task, TensorSpec, Tolerance, Workload

STATEMENT = """{prompt}

The kernel runs on one AMD AI engine tile, with the AIE API (C++20). It is called as
`{signature}`. This scalar kernel defines what is right:

```cpp
{canonical}
```

Where time is spoken of here, cycles of an emulated tile are meant: they are estimated, and nothing is measured."""


def task_of(row: Row, kernel: str | None = None) -> Task:
    """The search starts from `kernel`, or from the row's own scalar solution."""
    head = row.prompt.partition("*/")[2]
    signature = next((line.strip(" {") for line in head.splitlines() if row.kernel_name in line), row.kernel_name)
    statement = STATEMENT.format(prompt=row.statement, signature=signature, canonical=row.canonical.strip())
    inputs = tuple(_spec(v) for v in (*row.inputs, *row.scalars))
    workload = Workload("given inputs", inputs, tuple(_spec(v) for v in row.outputs))
    tolerance = Tolerance(0.0, 0.0) if row.exact else Tolerance(rtol=row.rtol, atol=row.atol)
    return Task(
        id=row.kernel_name,
        statement=statement,
        form=Form.AIE,
        reference=row.text,
        kernel=kernel or row.canonical,
        workloads=(workload,),
        tolerance=tolerance,
        stress=(),
    )


def _spec(vector: Vector) -> TensorSpec:
    return TensorSpec(vector.buffer.name, vector.buffer.dtype, vector.buffer.shape)
