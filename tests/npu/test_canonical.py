"""The data set's own solutions pass both verdicts, one test each, so that a failure names its kernel."""

from __future__ import annotations

import pytest

from kernel_gepa.benchmarks.npueval.rows import Row, read_rows
from kernel_gepa.benchmarks.npueval.tasks import task_of
from kernel_gepa.harness.npu import NpuBench
from kernel_gepa.judging.feedback import feedback
from npueval_tasks.catalogue import ENTRIES
from tests.npu.conftest import DATA_SET, needs_data_set
from tests.npu.kernels import row_named

ROWS = read_rows(DATA_SET) if DATA_SET.exists() else ()
OURS = [
    pytest.param(f"{entry.name}_{size}", marks=[] if size == entry.sizes[0] else [pytest.mark.slow])
    for entry in ENTRIES
    for size in entry.sizes
]
EVERYDAY = {
    "abs_int8",
    "conv2d_k4_s2_bias_relu_bfloat16",
    "leaky_relu_bfloat16",
    "softmax_bfloat16",
    "gather_bfloat16_int32idx",
}
CANONICAL = [
    pytest.param(r, id=r.kernel_name, marks=[] if r.kernel_name in EVERYDAY else [pytest.mark.slow]) for r in ROWS
]


@needs_data_set
def test_the_data_set_is_whole() -> None:
    assert len(ROWS) == 102


@needs_data_set
@pytest.mark.parametrize("row", CANONICAL or [pytest.param(None, id="missing")])
def test_a_canonical_solution_passes_both_verdicts(row: Row, bench: NpuBench) -> None:
    task = task_of(row)
    found = bench.assess(row.canonical, task)
    assert found.strict, feedback(found.verdict, task, row.canonical)
    assert found.official


@pytest.mark.parametrize("name", OURS)
def test_the_start_kernel_of_our_own_task_passes_both_verdicts(name: str, bench: NpuBench) -> None:
    row = row_named(name)
    found = bench.assess(row.canonical, task_of(row))
    assert found.strict, feedback(found.verdict, task_of(row), row.canonical)
    assert found.official


def test_our_own_tasks_are_enough_and_of_every_kind() -> None:
    assert len(ENTRIES) >= 24
    assert {o.dtype for e in ENTRIES for o in (*e.inputs, e.output)} >= {"int8", "int16", "int32", "bfloat16"}
    assert all(len(e.sizes) >= 2 for e in ENTRIES)
