"""Scalar loops become vector loops: right by the bench's own judgement, and faster by its estimate."""

from __future__ import annotations

import pytest

from kernel_gepa.benchmarks.npueval.tasks import task_of
from kernel_gepa.harness.npu import NpuBench
from kernel_gepa.judging.feedback import feedback
from kernel_gepa.proposers.aie.catalogue import rewrites
from kernel_gepa.proposers.aie.linear import Linear, constants, linear
from kernel_gepa.proposers.knobs import knobs, turned
from kernel_gepa.proposers.transform.source import Source, child, walk
from tests.npu.kernels import row_named

# Element-wise in both kinds, branches, sums, extremes, a window, strides, and one loop of a nest.
TASKS = (
    "clamp_int8_256", "absdiff_uint8_256", "axpy_bfloat16_256", "threshold_uint8_256", "reducesum_int32_256",
    "reducemax_int32_256", "sumsquares_int16_256", "mean_bfloat16_256", "countpositive_int8_256", "fir8_bfloat16_256",
    "conv1d_k3_int16_256", "maxpool1d_int16_256", "avgpool1d_int16_256", "matmul_int8_16", "cast_int8_int16_256",
    "dequantize_int8_bfloat16_256",
)  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
def test_a_scalar_loop_has_a_vector_form_that_is_right_and_faster(name: str, bench: NpuBench) -> None:
    task = task_of(row_named(name))
    found = [r for r in rewrites(task.kernel) if r.kind == "vectorise"]
    assert found, "no rewrite is offered"
    told, best = [], 0.0
    for rewrite in found:
        judged = bench.assess(rewrite.text, task)
        told.append(f"{rewrite.name}: {feedback(judged.verdict, task, rewrite.text)}")
        if judged.strict:
            best = max(best, judged.verdict.speedup.value)  # type: ignore[union-attr]
    assert best > 1.5, "\n".join(told)


def test_the_knobs_of_a_vector_form_can_be_turned() -> None:
    text = rewrites(task_of(row_named("clamp_int8_256")).kernel)[0].text
    found = {k.name: k for k in knobs(text)}
    assert set(found) == {"LANES", "EXACT_PRODUCTS", "ROWS_ALIGNED"}
    wider = turned(text, {found["LANES"]: "128"})
    assert "LANES = 128;" in wider
    assert not any(r.kind == "vectorise" for r in rewrites(wider)), "one loop is not made a vector loop twice"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i", Linear(1, "")),
        ("i + 3", Linear(1, "3")),
        ("2 * i + 1", Linear(2, "1")),
        ("i * stride + j", Linear(2, "j")),
        ("(r + k) * COLS + (i + j)", Linear(1, "((r + k) * COLS) + j")),
        ("i * i", None),
        ("i * unknown", None),
        ("j * COLS", Linear(0, "(j * COLS)")),
    ],
)
def test_a_subscript_says_how_it_moves(text: str, expected: Linear | None) -> None:
    source = Source.parse(f"/*\nstride: 2\n*/\nvoid f(int *p) {{ constexpr int COLS = 16; p[{text}] = 0; }}")
    at = next(n for n in walk(source.root) if n.type == "subscript_expression")
    index = at.named_children[1]
    inner = index.named_children[0] if index.type == "subscript_argument_list" else index
    assert linear(inner, "i", constants(source), {}) == expected
    assert child(at, "argument") is not None
