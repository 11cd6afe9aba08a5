"""What an output is held to: tight where the reference is exact, no tighter than an honest kernel can be."""

from __future__ import annotations

import numpy as np
import pytest

from kernel_gepa.domain.task import TensorSpec, Tolerance
from kernel_gepa.harness.compare import wrong_elements
from kernel_gepa.harness.inputs import Exact, decode, encode
from kernel_gepa.harness.tolerance import GRAINS, derived, mean_magnitude, room, stressed_room, usable

FLOATS = ["float64", "float32", "float16", "bfloat16"]
COARSER = {"float64": "float32", "float32": "bfloat16", "float16": "bfloat16"}
RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(48, 256)), RNG.normal(size=(256, 48))


def rounded(values: Exact, dtype: str) -> Exact:
    return decode(encode(values.ravel(), dtype), dtype).reshape(values.shape)


def product(a: Exact, b: Exact) -> Exact:
    return np.asarray(a.astype(np.float64) @ b.astype(np.float64))


def one_by_one(a: Exact, b: Exact) -> Exact:
    """The plainest loop of a kernel: one float32 sum."""
    total = np.zeros((a.shape[0], b.shape[1]), dtype=np.float32)
    for k in range(a.shape[1]):
        total += np.outer(a[:, k], b[k]).astype(np.float32)
    return total.astype(np.float64)


def spec(dtype: str, shape: tuple[int, ...] = (48, 48)) -> TensorSpec:
    return TensorSpec("output", dtype, shape)


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_kernel_that_rounds_once_passes_and_one_that_computes_more_coarsely_does_not(dtype: str) -> None:
    a, b = rounded(A, dtype), rounded(B, dtype)
    exact = product(a, b).ravel()
    allowed = room(exact, derived(spec(dtype), [exact], [rounded(exact, dtype)], in_float64=True))
    assert not wrong_elements(rounded(exact, dtype), exact, allowed).any()
    if dtype in COARSER:
        coarse = rounded(product(rounded(a, COARSER[dtype]), rounded(b, COARSER[dtype])), dtype).ravel()
        assert wrong_elements(coarse, exact, allowed).mean() > 0.2


def test_half_a_precision_that_one_per_cent_would_forgive_is_not_forgiven() -> None:
    a, b = A.astype(np.float32), B.astype(np.float32)
    exact = product(a, b).ravel()
    own = (a @ b).astype(np.float64).ravel()
    coarse = one_by_one(rounded(a, "float16"), rounded(b, "float16")).ravel()
    assert not wrong_elements(coarse, exact, room(exact, Tolerance(1e-2, 1e-2))).any()
    allowed = room(exact, derived(spec("float32"), [exact], [own], in_float64=True))
    assert wrong_elements(coarse, exact, allowed).mean() > 0.5
    assert not wrong_elements(one_by_one(a, b).ravel(), exact, allowed).any()


def test_a_reference_that_cancels_makes_its_own_tolerance() -> None:
    """1 - cos(x) in float32 for small x: no kernel of this formula comes nearer."""
    x = RNG.uniform(1e-3, 1e-2, 4096).astype(np.float32)
    exact, own = 1 - np.cos(x.astype(np.float64)), (1 - np.cos(x)).astype(np.float64)
    found = derived(spec("float32", (4096,)), [exact], [own], in_float64=True)
    assert found.atol > 1e-2 * mean_magnitude(exact)
    assert not wrong_elements(own, exact, room(exact, found)).any()


def test_integers_have_no_tolerance() -> None:
    answer = np.arange(5)
    assert derived(spec("int64", (5,)), [answer], [answer], in_float64=True) == Tolerance(0.0, 0.0)


def test_where_nothing_is_known_of_the_error_the_usual_one_stands_in() -> None:
    exact = product(A, B).ravel()
    known, unknown = (derived(spec("float32"), [exact], [exact], in_float64=k) for k in (True, False))
    assert unknown.atol > 5 * known.atol


# ---------------------------------------------------------------- stressed


def stressed(a: Exact, b: Exact, tolerance: Tolerance) -> tuple[Exact, Exact]:
    """What is right, and the room around it."""
    exact = product(a, b).ravel()
    own = (a.astype(np.float32) @ b.astype(np.float32)).astype(np.float64).ravel()
    assert usable(spec("float32"), exact, own)
    return exact, stressed_room(spec("float32"), exact, own, tolerance, mean_magnitude(product(A, B)))


@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e4])
def test_under_scale_an_honest_kernel_passes_and_a_coarse_one_does_not(factor: float) -> None:
    a, b = (A * factor).astype(np.float32), B.astype(np.float32)
    exact, allowed = stressed(a, b, Tolerance(1e-4, 1e-7))
    assert not wrong_elements(one_by_one(a, b).ravel(), exact, allowed).any()
    assert (wrong_elements(rounded(exact * 1.01, "float32"), exact, allowed).mean() > 0.5) or factor < 1


def test_what_holds_for_plain_draws_holds_for_stressed_ones() -> None:
    exact, allowed = stressed(A * 1e-3, B, Tolerance(1e-3, 1e-2))
    assert (allowed >= room(exact, Tolerance(1e-3, 1e-2))).all()


def test_one_huge_value_excuses_nothing_far_from_it() -> None:
    a = A.copy()
    a[7, 100] = 1e6
    exact, allowed = stressed(a, B, Tolerance(1e-5, 1e-5))
    rows = allowed.reshape(48, 48)
    assert np.delete(rows, 7, axis=0).max() < 5e-3
    assert rows[7].min() > 0.05
    assert not wrong_elements(one_by_one(a.astype(np.float32), B.astype(np.float32)).ravel(), exact, allowed).any()
    wrong = exact.copy().reshape(48, 48)
    wrong[3] *= 1.01
    assert wrong_elements(wrong.ravel(), exact, allowed).reshape(48, 48)[3].mean() > 0.9


def test_among_many_single_values_a_huge_one_excuses_only_itself() -> None:
    x = RNG.normal(size=4096)
    x[17] = 1e4
    exact = np.square(x)
    own = np.square(x.astype(np.float32)).astype(np.float64)
    allowed = stressed_room(spec("float32", (4096,)), exact, own, Tolerance(1e-5, 1e-6), 1.0)
    assert np.delete(allowed, 17).max() < 0.5
    assert np.median(allowed) < 0.2


def test_an_answer_that_the_types_cannot_hold_judges_nobody() -> None:
    exact = np.array([1.0, 2.0])
    assert usable(spec("float32", (2,)), exact, exact)
    assert not usable(spec("float32", (2,)), exact, np.array([1.0, np.inf]))
    assert not usable(spec("float32", (2,)), np.array([1.0, np.nan]), np.array([1.0, np.nan]))
    assert not usable(spec("float32", (2,)), exact, exact * 1.2)
    assert usable(spec("int32", (2,)), exact, exact)
    assert not usable(spec("int32", (2,)), exact, exact + 1)


@pytest.mark.parametrize("dtype", FLOATS)
def test_flushing_to_zero_is_forgiven_where_nothing_else_is_there(dtype: str) -> None:
    exact = np.full(8, GRAINS[dtype].smallest / 2)
    allowed = stressed_room(spec(dtype, (8,)), exact, exact, Tolerance(0.0, 0.0), 1.0)
    assert not wrong_elements(np.zeros(8), exact, allowed).any()


def test_an_output_without_elements_has_no_room() -> None:
    empty = np.zeros(0)
    assert stressed_room(spec("float32", (0, 4)), empty, empty, Tolerance(0.0, 0.0), 0.0).size == 0
    assert derived(spec("float32", (0, 4)), [empty], [empty], in_float64=True).atol == 0
