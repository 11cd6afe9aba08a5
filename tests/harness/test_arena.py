"""The bytes that driver and worker share: places, guards and poison."""

from __future__ import annotations

import os
from itertools import combinations

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


@given(st.lists(SPECS, max_size=4), st.lists(SPECS, max_size=3), st.integers(1, 4))
def test_places_are_aligned_apart_and_inside_the_arena(
    inputs: list[TensorSpec], outputs: list[TensorSpec], slots: int
) -> None:
    arena = Arena(layout(tuple(inputs), tuple(outputs)), slots)
    assert [p.spec for p in arena.layout.places] == [*inputs, *outputs]
    spans = sorted(
        (arena.offset(slot, place), place.spec.nbytes) for slot in range(slots) for place in arena.layout.places
    )
    end = 0
    for start, size in spans:
        assert start % 64 == 0
        assert start - end >= GUARD_BYTES
        end = start + size
    assert len(arena.bytes) - end >= GUARD_BYTES or not spans


def test_two_tensors_lie_at_another_distance_in_every_slot() -> None:
    """How they lie to each other modulo a page makes a kernel faster or slower; no launch may stand for all."""
    arena = Arena(layout((X, X), (Y,)), 16)
    for one, other in combinations(arena.layout.places, 2):
        distances = {(arena.offset(slot, one) - arena.offset(slot, other)) % 4096 for slot in range(16)}
        assert len(distances) == 16


@pytest.fixture
def arena() -> Arena:
    return Arena(layout((X,), (Y,)), 3)


def test_a_fresh_arena_is_whole(arena: Arena) -> None:
    assert all(arena.overrun(slot) is None for slot in range(3))


def test_writing_every_tensor_touches_no_guard(arena: Arena) -> None:
    for slot in range(3):
        for tensor in (*arena.inputs(slot), *arena.outputs(slot)):
            tensor[:] = slot
    assert all(arena.overrun(slot) is None for slot in range(3))
    assert [float(arena.outputs(slot)[0][-1]) for slot in range(3)] == [0, 1, 2]


@pytest.mark.parametrize("name", ["x", "y"])
@pytest.mark.parametrize("slot", [0, 1, 2])
@pytest.mark.parametrize(("step", "said"), [(-1, "before the start of"), (1, "past the end of")])
def test_one_byte_outside_is_seen_and_placed(arena: Arena, name: str, slot: int, step: int, said: str) -> None:
    place = next(p for p in arena.layout.places if p.spec.name == name)
    arena.bytes[arena.offset(slot, place) + (place.spec.nbytes if step > 0 else -1)] ^= 1
    assert arena.overrun(slot) == f"{said} {name}"
    assert [arena.overrun(other) for other in range(3) if other != slot] == [None, None]


def test_guards_differ_from_place_to_place_and_from_arena_to_arena(arena: Arena) -> None:
    """A kernel that reads past its input and writes past its output must not write what is there already."""
    x, y = ((place, arena.offset(0, place) + place.spec.nbytes) for place in arena.layout.places)
    assert not np.array_equal(arena.bytes[x[1] :][:32], arena.bytes[y[1] :][:32])
    other = Arena(arena.layout, 3)
    assert not np.array_equal(arena.bytes[x[1] :][:32], other.bytes[x[1] :][:32])


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
    arena = Arena(layout((X,), (Y,)), 4)
    arena.poison(0, 4)
    for slot in (0, 1, 3):
        arena.outputs(slot)[0][:] = 1
    assert arena.unwritten(0, 4, at) == 2
    assert arena.unwritten(0, 2, at) is None


def test_nobody_can_change_the_size_of_an_arena(arena: Arena) -> None:
    """A worker that shortened it would end the driver with the next byte it reads."""
    for size in (0, 10 * len(arena.bytes)):
        with pytest.raises(PermissionError):
            os.ftruncate(arena.file, size)


def test_an_arena_is_closed_once(arena: Arena) -> None:
    arena.close()
    arena.close()
