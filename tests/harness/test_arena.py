"""The bytes that driver and worker share: places, guards and poison."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_gepa.domain.task import ELEMENT_BYTES, TensorSpec
from kernel_gepa.harness.arena import GUARD_BYTES, Arena, layout

SPECS = st.builds(
    lambda dtype, shape: TensorSpec("t", dtype, tuple(shape)),
    st.sampled_from(sorted(ELEMENT_BYTES)),
    st.lists(st.integers(0, 40), max_size=3),
)
X = TensorSpec("x", "float32", (5,))
Y = TensorSpec("y", "float32", (7,))


@given(st.lists(SPECS, max_size=5), st.lists(SPECS, max_size=3))
def test_places_are_aligned_apart_and_inside_their_slot(inputs: list[TensorSpec], outputs: list[TensorSpec]) -> None:
    found = layout(tuple(inputs), tuple(outputs))
    places = [*found.inputs, *found.outputs]
    assert [p.spec for p in places] == [*inputs, *outputs]
    assert all(p.offset % 64 == 0 for p in places)
    assert found.stride % 64 == 0
    end = 0
    for place in places:
        assert place.offset - end >= GUARD_BYTES
        end = place.offset + place.spec.nbytes
    assert found.stride - end >= GUARD_BYTES


@pytest.fixture
def arena(tmp_path: Path) -> Arena:
    return Arena(tmp_path / "arena", layout((X,), (Y,)), 3)


def test_a_fresh_arena_is_whole(arena: Arena) -> None:
    assert all(arena.overrun(slot) is None for slot in range(3))


def test_writing_every_tensor_touches_no_guard(arena: Arena) -> None:
    for slot in range(3):
        for tensor in (*arena.inputs(slot), *arena.outputs(slot)):
            tensor[:] = slot
    assert all(arena.overrun(slot) is None for slot in range(3))
    assert [float(arena.outputs(slot)[0][-1]) for slot in range(3)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("place", "step", "said"),
    [("x", -1, "between the start of the buffers and x"), ("x", 1, "between x and y"), ("y", -1, "between x and y"),
     ("y", 1, "past the end of y")],
)  # fmt: skip
def test_one_byte_outside_is_seen_and_placed(arena: Arena, place: str, step: int, said: str) -> None:
    found = next(p for p in (*arena.layout.inputs, *arena.layout.outputs) if p.spec.name == place)
    at = found.offset - 1 if step < 0 else found.offset + found.spec.nbytes
    at += arena.layout.stride  # in the second slot
    arena.bytes[at] ^= 1
    assert said in str(arena.overrun(1))
    assert arena.overrun(0) is None
    assert arena.overrun(2) is None


def test_guards_differ_from_place_to_place_and_from_arena_to_arena(arena: Arena, tmp_path: Path) -> None:
    """A kernel that reads past its input and writes past its output must not write what is there already."""
    x, y = arena.layout.inputs[0], arena.layout.outputs[0]
    after_x = arena.bytes[x.offset + x.spec.nbytes :][:32]
    after_y = arena.bytes[y.offset + y.spec.nbytes :][:32]
    assert not np.array_equal(after_x, after_y)
    assert not np.array_equal(arena.bytes[:128], Arena(tmp_path / "other", arena.layout, 1).bytes[:128])


def test_poison_reads_as_nan_and_covers_only_the_asked_for_outputs(arena: Arena) -> None:
    for slot in range(3):
        arena.outputs(slot)[0][:] = 1
    arena.poison(1, 1)
    assert np.isnan(arena.outputs(1)[0].astype(float)).all()
    assert not np.isnan(arena.outputs(0)[0].astype(float)).any()
    assert arena.poisoned(1)
    assert not arena.poisoned(0)
    assert arena.overrun(1) is None


@given(at=st.floats(0, 1, exclude_max=True))
def test_a_slot_that_was_not_written_is_found_wherever_one_looks(at: float) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        arena = Arena(Path(folder) / "arena", layout((X,), (Y,)), 4)
        arena.poison(0, 4)
        for slot in (0, 1, 3):
            arena.outputs(slot)[0][:] = 1
        assert arena.unwritten(0, 4, at) == 2
        assert arena.unwritten(0, 2, at) is None


def test_an_arena_that_is_closed_leaves_no_file(arena: Arena) -> None:
    arena.close()
    assert not arena.path.exists()
    arena.close()
