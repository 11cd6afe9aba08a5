"""Workloads as authors write them: what is read, and what is refused with a sentence."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.benchmarks import spec
from kernel_gepa.domain.task import ELEMENT_BYTES, ScalarSpec, TensorSpec
from kernel_gepa.errors import TaskError

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)


def one(written: object) -> TensorSpec:
    (found,) = spec.inputs("w", {"x": written})
    assert isinstance(found, TensorSpec)
    return found


@given(
    dtype=st.sampled_from(sorted(ELEMENT_BYTES)),
    dims=st.lists(st.tuples(st.none() | NAMES, st.integers(0, 10**6)), max_size=5, unique_by=lambda d: d[0] or d),
)
def test_what_is_written_comes_back(dtype: str, dims: list[tuple[str | None, int]]) -> None:
    extents = ", ".join(f"{n}={e}" if n else str(e) for n, e in dims)
    found = one(f"{dtype}[{extents}]")
    assert found.dtype == dtype
    assert found.shape == tuple(e for _, e in dims)
    assert found.dims == tuple(n for n, _ in dims)


@given(low=st.integers(-100, 99), width=st.integers(1, 20))
def test_a_distribution_is_kept_as_it_was_written(low: int, width: int) -> None:
    written = f"integers({low}, {low + width})"
    assert one(f"int8[4] ~ {written}").distribution == written
    assert one(f"float32[4]~uniform({low}, {low + width})").distribution == f"uniform({low}, {low + width})"


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_task_error(written: str) -> None:
    try:
        spec.inputs("w", {"x": written})
    except TaskError as error:
        assert "'x'" in str(error)


@given(st.text("float32[]0123 =,~normaluif(-.)", max_size=40))
def test_texts_that_are_nearly_right_never_break_the_parser(written: str) -> None:
    with contextlib.suppress(TaskError):
        spec.inputs("w", {"x": f"float32[{written}"})


def test_a_name_given_before_is_an_extent() -> None:
    _, bias = spec.inputs("w", {"x": "float32[rows=3, cols=5]", "bias": "float32[cols]"})
    assert isinstance(bias, TensorSpec)
    assert bias.shape == (5,)
    assert bias.dims == ("cols",)


def test_a_tensor_without_extents_holds_one_element() -> None:
    assert one("float32[]").shape == ()
    assert one("float32[]").elements == 1


@pytest.mark.parametrize("number", [3, 2.5, True])
def test_a_plain_number_is_a_scalar_of_its_type(number: float) -> None:
    (found,) = spec.inputs("w", {"n": number})
    assert found == ScalarSpec("n", number)
    assert type(found.value) is type(number)


def test_types_without_a_sign_get_values_without_one() -> None:
    assert one("uint8[4]").distribution.startswith("integers(0")
    assert one("bool[4]").distribution == "integers(0, 2)"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"x": "float32"}, "write it as"),
        ({"x": "float33[4]"}, "known are"),
        ({"x": "float32[four]"}, "neither a number"),
        ({"x": "float32[-4]"}, "neither a number"),
        ({"x": "float32[4] ~ cauchy"}, "not a distribution"),
        ({"x": "float32[4] ~ uniform(2, 1)"}, "a < b"),
        ({"x": "float32[4] ~ uniform(0)"}, "not a distribution"),
        ({"x": "int32[4] ~ normal"}, "needs integers"),
        ({"x": "int32[4] ~ uniform(0, 1)"}, "needs integers"),
        ({"x": "float32[n=4]", "y": "float32[n=5]"}, "n is 5 here and 4 before"),
        ({"x": ["float32[4]"]}, "must be a number or a text"),
        ({"x": None}, "must be a number or a text"),
        ({}, "must map the names"),
        ("float32[4]", "must map the names"),
        (["float32[4]"], "must map the names"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(written: object, said: str) -> None:
    with pytest.raises(TaskError, match=said):
        spec.inputs("w", written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("uint8[4] ~ integers(-5, 5)", "does not fit"),
        ("uint8[4] ~ integers(0, 300)", "does not fit"),
        ("bool[4] ~ integers(0, 3)", "does not fit"),
        ("int8[4] ~ integers(-200, 0)", "does not fit"),
        ("int64[4] ~ integers(0, 1e30)", "does not fit"),
        ("float16[4] ~ uniform(0, 1e6)", "does not fit"),
        ("float32[4] ~ uniform(0, inf)", "does not fit"),
        ("int32[4] ~ integers(0.2, 0.7)", "whole numbers"),
    ],
)
def test_a_range_that_the_type_cannot_hold_is_refused(written: str, said: str) -> None:
    with pytest.raises(TaskError, match=said):
        one(written)


def test_the_whole_range_of_a_type_may_be_asked_for() -> None:
    assert one("uint8[4] ~ integers(0, 256)").dtype == "uint8"
    assert one("int8[4] ~ integers(-128, 128)").dtype == "int8"
    assert one("float16[4] ~ uniform(-60000, 60000)").dtype == "float16"


def test_a_number_and_an_extent_of_one_name_are_refused() -> None:
    with pytest.raises(TaskError, match="rows"):
        spec.inputs("w", {"x": "float32[rows=3]", "rows": 4})


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(TaskError, match="finite"):
        spec.inputs("w", {"x": "float32[4]", "eps": number})
