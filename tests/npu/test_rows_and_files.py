"""NPUEval's formats in and out, and the two rules of what is right."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.benchmarks.npueval.draws import DRAWS, draw
from kernel_gepa.benchmarks.npueval.files import Result, read_result, read_solution, write_result, write_solution
from kernel_gepa.benchmarks.npueval.rows import pack, read_rows, row_of, unpack
from kernel_gepa.benchmarks.npueval.verdicts import Allowed, official, official_stats, strict
from kernel_gepa.errors import TaskError
from npueval_tasks.catalogue import ENTRIES
from npueval_tasks.schema import line
from npueval_tasks.schema import row as made
from tests.npu.conftest import DATA_SET, needs_data_set
from tests.npu.kernels import row_named

ROW = row_named("axpy_bfloat16_256")


def test_arguments_come_in_the_order_of_the_wrapper_with_their_types() -> None:
    told = [(a.buffer.name, a.buffer.role, a.buffer.dtype, a.buffer.c_type) for a in ROW.arguments]
    assert told == [
        ("x", "input", "bfloat16", "bfloat16 *"),
        ("y", "input", "bfloat16", "bfloat16 *"),
        ("out", "output", "bfloat16", "bfloat16 *"),
        ("alpha", "scalar", "bfloat16", "bfloat16"),
    ]


def test_the_canonical_kernel_closes_what_the_prompt_opens() -> None:
    assert ROW.canonical.count("{") == ROW.canonical.count("}")
    assert "Implementation goes here" not in ROW.canonical


@needs_data_set
def test_every_canonical_kernel_of_the_data_set_is_balanced() -> None:
    assert [r.kernel_name for r in read_rows(DATA_SET) if r.canonical.count("{") != r.canonical.count("}")] == []


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=20))
def test_bfloat16_survives_being_packed_twice(values: list[float]) -> None:
    once = unpack(pack(np.array(values, dtype=np.float32), "bfloat16"), "bfloat16", (len(values),))
    assert np.array_equal(unpack(pack(once, "bfloat16"), "bfloat16", once.shape), once)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "has no kernel_name"),
        (json.dumps({**json.loads(ROW.text), "test_vectors": {"inputs": []}}), "cannot be read"),
        (json.dumps({**json.loads(ROW.text), "program_code": "nothing"}), "to call"),
    ],
)
def test_a_row_that_is_none_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(TaskError, match=says):
        row_of(text, "task.json")


def test_rows_are_read_from_lines_and_from_a_checkout(tmp_path: Path) -> None:
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "npueval.jsonl").write_text("".join(line(made(e, e.sizes[0])) + "\n" for e in ENTRIES[:3]))
    assert [r.kernel_name for r in read_rows(tmp_path)] == [f"{e.name}_{e.sizes[0]}" for e in ENTRIES[:3]]


def test_the_committed_rows_are_those_of_the_catalogue() -> None:
    file = Path(__file__).parent.parent.parent / "npueval_tasks" / "npueval_tasks.jsonl"
    assert file.read_text() == "".join(line(made(e, e.sizes[0])) + "\n" for e in ENTRIES)


def test_a_solution_is_cleaned_as_npueval_cleans_it(tmp_path: Path) -> None:
    write_solution(tmp_path, ROW, 'void f() {}\nint main() { return 0; }\n// extern "C" void g();')
    assert read_solution(tmp_path, ROW) == "void f() {}\n\n"
    (tmp_path / f"{ROW.kernel_name}.json").write_text('{"code": null}')
    assert read_solution(tmp_path, ROW) is None


def test_a_result_goes_out_and_comes_back(tmp_path: Path) -> None:
    answer = ROW.outputs[0].values
    stats = official_stats(answer, answer)
    given_result = Result(True, stats=stats, xdna_info={"device": "emulated-npu1"}, ours={"strict": True})
    path = write_result(tmp_path, ROW, given_result)
    assert path.name == "axpy_bfloat16_256_wrapper.json"
    assert list(json.loads(path.read_text())) == [
        "result", "stats", "total_cycles", "vector_cycles", "vector_score", "xdna_info", "kernel_gepa",
    ]  # fmt: skip
    assert read_result(path) == given_result


def test_a_result_of_theirs_with_an_endless_trace_has_no_cycles(tmp_path: Path) -> None:
    theirs = {
        "result": "Fail",
        "stats": {},
        "total_cycles": float("inf"),
        "vector_cycles": 3,
        "vector_score": 0.0,
        "xdna_info": {},
    }
    (tmp_path / "k_wrapper.json").write_text(json.dumps(theirs))
    found = read_result(tmp_path / "k_wrapper.json")
    assert not found.passed
    assert found.total_cycles is None
    assert found.vector_cycles == 3


def test_a_compile_failure_has_no_device_in_its_file() -> None:
    assert list(Result(False, compile_error="no").as_json) == ["result", "Error", "kernel_gepa"]


# ---------------------------------------------------------------- the two rules

LOOSE = Allowed(0.01, 0.01, exact=False)
EXACT = Allowed(0.01, 0.01, exact=True)


def test_the_official_rule_has_its_known_defects_and_the_strict_one_has_not() -> None:
    expected = np.array([1, 2, 3])
    infinite = np.full(3, np.inf, dtype=np.float32)
    assert official(infinite, expected, atol=0.01, rtol=0.01)
    assert not strict(infinite, expected, LOOSE).right
    hundred, off = np.array([100], dtype=np.int8), np.array([101], dtype=np.int8)
    assert official(off, hundred, atol=0.01, rtol=0.01)
    assert not strict(off, hundred, EXACT).right
    assert strict(off, hundred, LOOSE).right


def test_an_expected_infinity_is_met_by_the_same_one_only() -> None:
    expected = np.array([np.inf, 1])
    assert strict(np.array([np.inf, 1]), expected, LOOSE).right
    assert not strict(np.array([-np.inf, 1]), expected, LOOSE).right
    assert not strict(np.array([np.nan, 1]), expected, LOOSE).right


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (range(16), "all of them"),
        (range(12, 16), "the tail from element 12"),
        (range(3), "the first 3"),
        (range(1, 16, 4), "every 4th from element 1"),
        ([2, 5, 6], "between elements 2 and 6"),
    ],
)
def test_where_an_answer_is_wrong_is_told(wrong: list[int], says: str) -> None:
    answer = np.zeros(16, dtype=np.int32)
    answer[list(wrong)] = 7
    assert says in strict(answer, np.zeros(16, dtype=np.int32), EXACT).what


# ---------------------------------------------------------------- fresh inputs


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("name", ["axpy_bfloat16_256", "clamp_int8_256", "mean_bfloat16_256", "absdiff_uint8_256"])
def test_fresh_inputs_keep_to_the_range_of_the_given_ones(name: str, kind: str) -> None:
    row = row_named(name)
    drawn = draw(row, kind, np.random.default_rng(1))
    for before, after in zip(row.inputs, drawn.inputs, strict=True):
        assert after.values.shape == before.values.shape
        assert after.values.dtype == before.values.dtype
        assert np.abs(after.values).max() <= np.abs(before.values).max()
        assert after.values.min() >= min(0, before.values.min())
        assert not np.array_equal(after.values, before.values)
    assert replace(drawn, arguments=()) == replace(row, arguments=())
