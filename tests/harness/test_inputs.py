"""Fresh inputs: what is drawn, how it is stored, and that no launch sees it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.task import TensorSpec, Workload
from kernel_gepa.harness.arena import Arena, of_workload
from kernel_gepa.harness.inputs import Pooled, decode, encode


def filled(folder: Path, *specs: TensorSpec, slots: int = 1, seed: int = 0) -> Arena:
    workload = Workload("w", specs, ())
    arena = Arena(of_workload(workload), slots)
    inputs = Pooled(workload, np.random.default_rng(seed))
    for slot in range(slots):
        inputs.fill(arena, slot)
    return arena


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=50))
def test_bfloat16_is_stored_as_torch_stores_it(values: list[float]) -> None:
    import torch

    ours = encode(np.array(values, dtype=np.float32), "bfloat16")
    theirs = torch.tensor(values, dtype=torch.float32).to(torch.bfloat16)
    assert ours.tolist() == theirs.view(torch.int16).numpy().view(np.uint16).tolist()
    assert decode(ours, "bfloat16").tolist() == theirs.double().tolist()


@given(st.lists(st.integers(0, 2**16 - 1), min_size=1))
def test_every_finite_bfloat16_comes_back(bits: list[int]) -> None:
    stored = np.array(bits, dtype=np.uint16)
    stored = stored[np.isfinite(decode(stored, "bfloat16"))]
    assert encode(decode(stored, "bfloat16"), "bfloat16").tolist() == stored.tolist()


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int8", "uint8"])
def test_small_whole_numbers_survive_every_type(dtype: str) -> None:
    values = np.arange(0, 100)
    assert decode(encode(values, dtype), dtype).tolist() == values.tolist()


def test_normal_values_are_normal(tmp_path: Path) -> None:
    values = filled(tmp_path, TensorSpec("x", "float32", (20000,))).inputs(0)[0].astype(np.float64)
    assert abs(values.mean()) < 0.05
    assert abs(values.std() - 1) < 0.05


def test_uniform_values_fill_their_range(tmp_path: Path) -> None:
    spec = TensorSpec("x", "float32", (20000,), distribution="uniform(2, 5)")
    values = filled(tmp_path, spec).inputs(0)[0].astype(np.float64)
    assert values.min() >= 2
    assert values.max() <= 5
    assert values.min() < 2.1
    assert values.max() > 4.9


@pytest.mark.parametrize(
    ("dtype", "written", "expected"),
    [("int32", "integers(-3, 3)", {-3, -2, -1, 0, 1, 2}), ("uint8", "integers(254, 256)", {254, 255}),
     ("bool", "integers(0, 2)", {0, 1}), ("float32", "integers(0, 2)", {0, 1})],
)  # fmt: skip
def test_integers_take_every_value_of_their_range_and_no_other(
    tmp_path: Path, dtype: str, written: str, expected: set[int]
) -> None:
    values = filled(tmp_path, TensorSpec("x", dtype, (500,), distribution=written)).inputs(0)[0]
    assert {int(v) for v in values.astype(np.int64)} == expected


def test_every_fill_gives_every_position_another_value(tmp_path: Path) -> None:
    arena = filled(tmp_path, TensorSpec("x", "float32", (64,)), slots=50)
    rows = np.array([arena.inputs(slot)[0] for slot in range(50)])
    assert len({row.tobytes() for row in rows}) == 50
    assert all(len(set(column.tolist())) == 50 for column in rows.T)


def test_two_inputs_of_one_launch_are_not_the_same_values(tmp_path: Path) -> None:
    a, b = filled(tmp_path, TensorSpec("a", "float32", (64,)), TensorSpec("b", "float32", (64,))).inputs(0)
    assert not np.intersect1d(a, b).size
