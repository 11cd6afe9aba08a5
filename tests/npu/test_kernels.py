"""Kernels that are wrong in every way we know are refused for the right reason; right ones of every style pass."""

from __future__ import annotations

import pytest

from kernel_gepa.benchmarks.npueval.tasks import task_of
from kernel_gepa.domain.verdict import name
from kernel_gepa.harness.npu import NpuBench
from kernel_gepa.judging.feedback import feedback
from tests.npu.kernels import Known, known, row_named

WRONG = [pytest.param(k, id=k.name) for k in known("wrong")]
RIGHT = [
    pytest.param(k, device, id=f"{k.name}-{device}", marks=[pytest.mark.slow] if n > 6 else [])
    for n, k in enumerate(known("right"))
    for device in k.told["devices"].split(",")
]


def test_there_are_enough_of_both() -> None:
    assert len(WRONG) >= 25
    assert len(known("right")) >= 25


@pytest.mark.parametrize("kernel", WRONG)
def test_a_wrong_kernel_is_refused_for_the_right_reason(kernel: Known, bench: NpuBench) -> None:
    task = task_of(row_named(kernel.told["task"]))
    found = bench.assess(kernel.text, task)
    said = feedback(found.verdict, task, kernel.text)
    assert name(found.verdict) == kernel.told["verdict"], said
    assert kernel.told["says"] in said
    assert not found.strict


@pytest.mark.parametrize(("kernel", "device"), RIGHT)
def test_a_right_kernel_passes_by_both_rules(kernel: Known, device: str, bench: NpuBench, bench2: NpuBench) -> None:
    task = task_of(row_named(kernel.told["task"]))
    found = (bench if device == "npu1" else bench2).assess(kernel.text, task)
    assert found.strict, feedback(found.verdict, task, kernel.text)
    assert found.official
    assert found.estimate is not None and found.estimate.slots["vector"] + found.estimate.slots["move"] > 0


def test_infinity_passes_by_the_official_rule_alone(bench: NpuBench) -> None:
    kernel = next(k for k in known("wrong") if k.name == "infinity_is_within_any_tolerance")
    found = bench.assess(kernel.text, task_of(row_named(kernel.told["task"])))
    assert found.official
    assert not found.strict


def test_the_answer_to_the_given_inputs_is_no_kernel(bench: NpuBench) -> None:
    row = row_named("countpositive_int8_256")
    known_answer = int(row.outputs[0].values[0])
    kernel = (
        "#include <aie_api/aie.hpp>\n"
        f"void countpositive_int8_256(int8_t *in, int32_t *out) {{ *out = {known_answer}; }}\n"
    )
    found = bench.assess(kernel, task_of(row))
    assert found.official
    assert name(found.verdict) == "incorrect"
    assert "fresh inputs" in feedback(found.verdict, task_of(row), kernel)


def test_vector_form_is_estimated_faster_than_the_scalar_start(bench: NpuBench) -> None:
    task = task_of(row_named("clamp_int8_512"))
    scalar = bench.assess(task.kernel, task)
    vector = bench.assess(next(k.text for k in known("right") if k.name == "clamp_of_the_api"), task)
    assert scalar.estimate is not None and vector.estimate is not None
    assert vector.estimate.cycles * 10 < scalar.estimate.cycles
    assert scalar.estimate.busiest_slot == "scalar"
    assert any("no vector operation" in r for r in scalar.estimate.reasons)
    assert any("8 or 16 bits" in r for r in scalar.estimate.reasons)


def test_restrict_shortens_the_estimate_and_its_absence_is_a_reason(bench: NpuBench) -> None:
    task = task_of(row_named("clamp_int8_256"))
    plain = next(k.text for k in known("right") if k.name == "load_store_by_hand")
    hinted = plain.replace("int8_t *in", "int8_t *__restrict in").replace("int8_t *out", "int8_t *__restrict out")
    slow, fast = bench.assess(plain, task).estimate, bench.assess(hinted, task).estimate
    assert slow is not None and fast is not None
    assert fast.cycles < slow.cycles
    assert any("__restrict" in r for r in slow.reasons)
    assert not any("__restrict" in r for r in fast.reasons)
