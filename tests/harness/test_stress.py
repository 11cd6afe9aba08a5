"""Stressed inputs: every pattern does what its words say, and none leaves what a task declares of its inputs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kernel_gepa.domain.task import STRESSES, TensorSpec, Workload
from kernel_gepa.harness.inputs import Bytes, decode, encode
from kernel_gepa.harness.stress import GROUPS, Allowed, Freedom, Stressed, allowed, freedom, plain_numbers, stressed

OUTPUT = TensorSpec("output", "float32", (24, 40))
SHAPE = (24, 40)
EVERYTHING = Allowed(STRESSES, (Freedom.FREE,))


def workload(*inputs: TensorSpec, output: TensorSpec = OUTPUT) -> Workload:
    return Workload("w", inputs, (output,))


def normal(dtype: str = "float32") -> tuple[TensorSpec, NDArray[np.generic]]:
    drawn = np.random.default_rng(5).normal(size=24 * 40)
    return TensorSpec("x", dtype, SHAPE), encode(drawn, dtype)


def many(where: Workload, plain: Bytes, kinds: tuple[str, ...] = STRESSES, count: int = 400) -> list[Stressed]:
    generator = np.random.default_rng(7)
    may = allowed(where, plain, kinds)
    found = [stressed(where, plain, GROUPS[n % 4], may, generator) for n in range(count)]
    return [one for one in found if one is not None]


def by_words(found: list[Stressed], said: str, dtype: str = "float32") -> NDArray[np.float64]:
    one = next(s for s in found if said in s.words)
    return decode(one.inputs[0], dtype).reshape(SHAPE)


def test_every_pattern_does_what_its_words_say() -> None:
    spec, plain = normal()
    found, drawn = many(workload(spec), [plain]), decode(plain, "float32").reshape(SHAPE)
    assert not by_words(found, "all zeros").any()
    half = by_words(found, "zero in half").any(axis=1)
    assert 0 < half.sum() < 24
    assert len(set(np.sign(by_words(found, "of one sign")).ravel())) == 1
    assert (np.ptp(by_words(found, "constant along"), axis=1) == 0).all()
    steps = np.diff(by_words(found, "sorted along"), axis=1)
    assert (steps >= 0).all() or (steps <= 0).all()
    assert len(set(by_words(found, "repeating")[0])) <= 16
    assert ((by_words(found, "but for one value") != 0).sum(axis=1) == 1).all()
    assert len(np.unique(by_words(found, "ends of its range"))) == 2
    outliers = np.abs(by_words(found, "outliers")) > 200 * np.abs(drawn).max()
    assert 1 <= outliers.sum() <= 3
    factors = {round(float(np.abs(decode(s.inputs[0], "float32")).max() / np.abs(drawn).max()), 6)
               for s in found if "scaled" in s.words}  # fmt: skip
    assert any(f > 299 for f in factors)
    assert any(f < 0.011 for f in factors)


def test_each_group_is_there_and_two_evaluations_get_other_values() -> None:
    spec, plain = normal()
    assert {s.group for s in many(workload(spec), [plain])} == set(GROUPS)
    one, other = (
        stressed(workload(spec), [plain], "large", EVERYTHING, np.random.default_rng(seed)) for seed in (1, 2)
    )
    assert one is not None
    assert other is not None
    assert one.words != other.words


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_the_other_floating_types_stay_finite(dtype: str) -> None:
    spec, plain = normal(dtype)
    for one in many(workload(spec), [plain]):
        assert np.isfinite(decode(one.inputs[0], dtype)).all(), one.words


def test_values_stay_in_a_declared_range() -> None:
    spec = TensorSpec("x", "float32", SHAPE, distribution="uniform(2, 5)")
    plain = np.random.default_rng(1).uniform(2, 5, 24 * 40).astype(np.float32)
    found = many(workload(spec), [plain])
    assert found
    for one in found:
        values = decode(one.inputs[0], "float32")
        assert 2 <= values.min() <= values.max() <= 5, one.words
        assert "range" in one.words or "rows" in one.words


def test_whole_numbers_stay_whole_and_in_their_range() -> None:
    spec = TensorSpec("x", "int64", SHAPE, distribution="integers(-3, 9)")
    plain = np.random.default_rng(1).integers(-3, 9, 24 * 40)
    found = many(workload(spec), [plain])
    assert any("all zeros" in one.words for one in found)
    for one in found:
        assert one.inputs[0].dtype == np.int64
        assert -3 <= one.inputs[0].min() <= one.inputs[0].max() < 9, one.words
    above_zero = TensorSpec("x", "int32", SHAPE, distribution="integers(1, 9)")
    for one in many(workload(above_zero), [np.random.default_rng(1).integers(1, 9, 24 * 40).astype(np.int32)]):
        assert one.inputs[0].min() >= 1, one.words


def test_where_the_answer_is_an_index_no_two_values_are_made_equal() -> None:
    spec, plain = normal()
    found = many(workload(spec, output=TensorSpec("output", "int64", (24,))), [plain])
    assert {s.words.rsplit(" is ")[1].split(" by")[0] for s in found} >= {"of one sign", "sorted along its rows"}
    for one in found:
        assert len(np.unique(one.inputs[0])) > 900, one.words


def test_a_task_chooses_what_makes_sense() -> None:
    spec, plain = normal()
    assert many(workload(spec), [plain], ()) == []
    assert all("scaled" in one.words for one in many(workload(spec), [plain], ("scale",)))


def test_one_input_or_all_are_changed_and_named() -> None:
    spec, plain = normal()
    both = workload(spec, TensorSpec("mask", "bool", (40,), distribution="integers(1, 2)"),
                    TensorSpec("weight", "float32", (40,)))  # fmt: skip
    inputs: Bytes = [plain, np.ones(40, dtype=np.uint8), plain[:40]]
    found = many(both, inputs, ("scale",))
    assert {one.words.split(" is ")[0] for one in found} == {
        "inputs where x", "inputs where weight", "inputs where x and weight"
    }  # fmt: skip
    for one in found:
        assert (one.inputs[1] == 1).all()
        for name, now, was in (("x", one.inputs[0], plain), ("weight", one.inputs[2], plain[:40])):
            assert np.array_equal(now, was) == (name not in one.words.split(" is ")[0])


def test_a_gentler_stress_takes_the_cube_root_and_the_other_sign() -> None:
    spec, plain = normal()
    factors = []
    for gentleness in range(3):
        one = stressed(workload(spec), [plain], "large", EVERYTHING, np.random.default_rng(3), gentleness=gentleness)
        assert one is not None
        factors.append(float(decode(one.inputs[0], "float32")[0] / decode(plain, "float32")[0]))
    assert factors[1] == pytest.approx(-(factors[0] ** (1 / 3)), rel=1e-5)
    assert factors[2] == pytest.approx(factors[0] ** (1 / 9), rel=1e-5)


GENERATOR = np.random.default_rng(0)
PLAIN = GENERATOR.normal(size=(16, 16))
SPECIAL = {
    "mask": (PLAIN > 0).astype(float),
    "triangle": np.tril(PLAIN),
    "probabilities": np.exp(PLAIN) / np.exp(PLAIN).sum(axis=1, keepdims=True),
    "unit vectors": PLAIN / np.linalg.norm(PLAIN, axis=1, keepdims=True),
    "symmetric": PLAIN + PLAIN.T,
    "ones": np.ones((16, 16)),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_what_a_module_draws_is_left_alone_when_it_is_more_than_numbers(name: str) -> None:
    assert not plain_numbers(SPECIAL[name].ravel(), (16, 16))


def test_plain_numbers_of_a_module_may_be_stressed_and_its_labels_not() -> None:
    drawn = "as get_inputs() draws them"
    assert plain_numbers(PLAIN.ravel(), (16, 16))
    assert plain_numbers(GENERATOR.random(256), (16, 16))
    numbers = TensorSpec("input0", "float32", (16, 16), distribution=drawn)
    labels = TensorSpec("input1", "int64", (16,), distribution=drawn)
    assert freedom(numbers, PLAIN.ravel().astype(np.float32)) is Freedom.FREE
    assert freedom(labels, np.arange(16)) is Freedom.FIXED
