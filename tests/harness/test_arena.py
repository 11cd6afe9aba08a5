"""The bytes that driver and worker share: places, guards and poison."""

from __future__ import annotations

import tempfile
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


@given(st.lists(SPECS, max_size=5), st.lists(SPECS, max_size=3), st.integers(1, 5))
def test_tensors_are_aligned_apart_and_inside_the_arena(
    inputs: list[TensorSpec], outputs: list[TensorSpec], slots: int
) -> None:
    found = layout(tuple(inputs), tuple(outputs))
    assert [p.spec for p in found.places] == [*inputs, *outputs]
    with tempfile.TemporaryDirectory() as folder:
        arena = Arena(Path(folder) / "arena", found, slots)
        spans = sorted(
            (arena.offset(slot, p), arena.offset(slot, p) + p.spec.nbytes)
            for p in found.places
            for slot in range(slots)
        )
        assert all(start % 64 == 0 for start, _ in spans)
        ends = [0, *(end for _, end in spans)]
        assert all(start - end >= GUARD_BYTES for end, (start, _) in zip(ends, spans, strict=False))
        assert len(arena.bytes) - ends[-1] >= (GUARD_BYTES if spans else 0)
        arena.close()


@given(st.lists(SPECS, min_size=2, max_size=5))
def test_two_tensors_lie_at_another_distance_in_every_slot(specs: list[TensorSpec]) -> None:
    """Modulo a page: whether loads wait for unrelated stores depends on it."""
    places = layout(tuple(specs), ()).places
    steps = [p.stride // 64 % 64 for p in places]
    assert len(set(steps)) == len(steps)


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
    [
        ("x", -1, "before the start of x"),
        ("x", 1, "past the end of x"),
        ("y", -1, "before the start of y"),
        ("y", 1, "past the end of y"),
    ],
)
def test_one_byte_outside_is_seen_and_placed(arena: Arena, place: str, step: int, said: str) -> None:
    found = next(p for p in arena.layout.places if p.spec.name == place)
    start = arena.offset(1, found)
    arena.bytes[start - 1 if step < 0 else start + found.spec.nbytes] ^= 1
    assert arena.overrun(1) == said
    assert arena.overrun(0) is None
    assert arena.overrun(2) is None


def test_guards_differ_from_place_to_place_and_from_arena_to_arena(arena: Arena, tmp_path: Path) -> None:
    """A kernel that reads past its input and writes past its output must not write what is there already."""
    after = [arena.bytes[arena.offset(0, p) + p.spec.nbytes :][:32] for p in arena.layout.places]
    assert not np.array_equal(after[0], after[1])
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
