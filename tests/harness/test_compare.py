"""Outputs against what they should be: what passes, what never does, and how a difference is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernel_gepa.domain.task import TensorSpec, Tolerance
from kernel_gepa.harness.compare import compare, wrong_elements
from kernel_gepa.harness.inputs import decode
from kernel_gepa.harness.tolerance import room

TIGHT = Tolerance(1e-4, 1e-5)
FLOATS = st.floats(width=32)


def told(found: NDArray[np.float64], expected: NDArray[np.float64], shape: tuple[int, ...] | None = None) -> str:
    spec = TensorSpec("output", "float32", shape or found.shape)
    exact = expected.ravel().astype(np.float64)
    mismatch = compare("w", spec, found.ravel().astype(np.float32), exact, room(exact, TIGHT))
    return "" if mismatch is None else "\n".join((mismatch.what, *mismatch.details))


@given(st.lists(st.tuples(FLOATS, FLOATS), min_size=1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_nan_and_infinity_pass_only_where_the_reference_has_them(
    pairs: list[tuple[float, float]], rtol: float, atol: float
) -> None:
    found, expected = np.array(pairs, dtype=np.float64).T
    wrong = wrong_elements(found, expected, room(expected, Tolerance(rtol, atol)))
    for is_wrong, (f, e) in zip(wrong, pairs, strict=True):
        if np.isnan(f) or np.isnan(e):
            assert is_wrong == (not (np.isnan(f) and np.isnan(e)))
        elif np.isinf(f) or np.isinf(e):
            assert is_wrong == (f != e)


@given(st.lists(FLOATS, min_size=1))
def test_what_is_equal_passes_even_without_tolerance(values: list[float]) -> None:
    exact = np.array(values, dtype=np.float64)
    assert not wrong_elements(exact, exact.copy(), room(exact, Tolerance(0, 0))).any()


@given(st.floats(-1e6, 1e6), st.floats(0, 0.1), st.floats(1e-6, 0.1))
def test_the_tolerance_is_a_line_with_two_sides(expected: float, rtol: float, atol: float) -> None:
    reference = np.array([expected])
    allowed = room(reference, Tolerance(rtol, atol))
    assert allowed == atol + rtol * abs(expected)
    assert not wrong_elements(reference + 0.99 * allowed, reference, allowed).any()
    assert wrong_elements(reference + 1.02 * allowed + 1e-9, reference, allowed).all()


def test_integers_are_exact_whatever_the_tolerance() -> None:
    spec, loose = TensorSpec("output", "int32", (3,)), np.full(3, 1e3)
    right = np.array([100, 200, 300])
    assert compare("w", spec, right.astype(np.int32), right.astype(np.float64), loose) is None
    assert (
        compare("w", spec, (right + np.array([0, 1, 0])).astype(np.int32), right.astype(np.float64), loose) is not None
    )


def test_long_integers_are_told_apart_where_float64_cannot() -> None:
    spec, right = TensorSpec("output", "int64", (2,)), np.array([2**60 + 1, -5])
    expected = decode(right, "int64")
    assert compare("w", spec, right, expected, np.zeros(2)) is None
    mismatch = compare("w", spec, right - np.array([1, 0]), expected, np.zeros(2))
    assert mismatch is not None
    assert mismatch.wrong_share == 1 / 2


def test_infinity_forgives_no_finite_value() -> None:
    expected = np.array([np.inf, 1.0])
    assert wrong_elements(np.array([5.0, 1.0]), expected, room(expected, TIGHT)).tolist() == [True, False]
    assert not wrong_elements(expected.copy(), expected, room(expected, TIGHT)).any()


def test_lost_precision_is_told_by_how_far_beyond_the_tolerance_it_is() -> None:
    assert "off by up to 5 times what is allowed (0.00011 there)" in told(np.array([1 + 5.5e-4]), np.array([1.0]))


COLUMNS, ROWS = np.arange(16)[None, :], np.arange(2, 10)[:, None]
RIGHT = np.random.default_rng(0).normal(size=(8, 16)) + 3


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda a: a * 2, "2 times what it should be"),
        (lambda a: a + 0.5, "off by 0.5"),
        (lambda a: a * 0, "every wrong value is 0"),
        (lambda a: np.where(np.arange(128).reshape(8, 16) >= 120, -1, a), "the last 8 elements"),
        (lambda a: np.where(np.arange(8)[:, None] == 3, a + np.arange(16), a), "all at index 3 of axis 0"),
        (lambda a: np.where(COLUMNS % 4 == 1, a * ROWS, a), "every 4th index of axis 1"),
        (lambda a: np.where(COLUMNS >= 13, a * ROWS, a), "end of axis 1, from index 13"),
        (lambda a: np.where(a > 3, np.nan, a), "NaN or infinite where the reference is finite"),
    ],
    ids=["scale", "offset", "zero", "tail", "row", "stripe", "edge", "nan"],
)  # fmt: skip
def test_the_pattern_of_a_difference_is_named(damage: object, said: str) -> None:
    assert callable(damage)
    assert said in told(damage(RIGHT), RIGHT)


def test_what_was_never_written_is_told_first() -> None:
    spec = TensorSpec("output", "float32", (8,))
    stored = np.full(32, 0xFF, dtype=np.uint8).view(np.float32).copy()
    expected = np.arange(8, dtype=np.float64)
    mismatch = compare("w", spec, stored, expected, room(expected, TIGHT))
    assert mismatch is not None
    assert mismatch.details[0] == "none of it was written"
    stored[:5] = expected[:5]
    mismatch = compare("w", spec, stored, expected, room(expected, TIGHT))
    assert mismatch is not None
    assert mismatch.details[0] == "3 were never written"
    assert mismatch.wrong_share == 3 / 8


def test_the_worst_value_is_shown_with_its_place() -> None:
    damaged = RIGHT.copy()
    damaged[2, 5] += 100
    damaged[6, 1] += 1
    assert "worst first: [2, 5]: got 10" in told(damaged, RIGHT)


def test_an_output_without_elements_is_right() -> None:
    assert told(np.zeros((0, 3)), np.zeros((0, 3)), (0, 3)) == ""


def test_a_single_number_is_compared() -> None:
    spec = TensorSpec("output", "float32", ())
    assert compare("w", spec, np.array([1], dtype=np.float32), np.array([1.0]), np.array([1e-4])) is None
    assert compare("w", spec, np.array([2], dtype=np.float32), np.array([1.0]), np.array([1e-4])) is not None


@given(st.lists(FLOATS, min_size=3, max_size=3), st.lists(FLOATS, min_size=3, max_size=3))
def test_telling_of_any_difference_never_fails(found: list[float], expected: list[float]) -> None:
    told(np.array(found), np.array(expected))
