"""The hint that fits: every failure that we know of finds one, and invented names find real ones."""

from __future__ import annotations

import pytest

from kernel_gepa.backends import hints as notes
from kernel_gepa.backends.aie.advice import functions, nearest, signatures
from kernel_gepa.benchmarks.npueval.tasks import task_of
from kernel_gepa.domain.verdict import BuildFailed
from kernel_gepa.judging.hints import hinted, hints
from tests.npu.kernels import row_named

TASK = task_of(row_named("clamp_int8_256"))


def advice(said: str) -> str:
    return hinted(lambda *_: said, hints(notes.text("aie")))(BuildFailed(""), TASK, TASK.kernel)


@pytest.mark.parametrize(
    ("said", "helps"),
    [
        ("Insufficient alignment: load_v of 32 bytes", "load_unaligned_v"),
        ("no viable conversion from 'accum<acc32, 32>'", "to_vector"),
        ("no matching function for call to 'max'", "int8(0)"),
        ("implicit instantiation of undefined template 'aie::detail::vector_storage<__bf16, 4>'", "at least 128 bits"),
        ("no member named 'tanhh' in namespace 'aie'", "What exists"),
        ("3 of 256 elements differ, all of them", "rounds and saturates"),
        ("undefined: 16 of 256 elements", "aie::zeros"),
        ("out of bounds load: load_v", "behind a buffer"),
        ("tile memory: ... need 70000 bytes", "64 KB"),
        ("implicit instantiation of undefined template 'aie::detail::parallel_lookup<...>'", "lies twice in `ab`"),
        ("the lookup reaches outside of its table", "lies twice in `ab`"),
        ("CORRECT, by an estimate 2x", "independent accumulators"),
    ],
)
def test_a_failure_finds_its_hint(said: str, helps: str) -> None:
    assert helps in advice(said)


def test_nothing_is_said_where_nothing_fits() -> None:
    assert advice("TIMED OUT in the check stage") == "TIMED OUT in the check stage"


@pytest.mark.parametrize(
    ("invented", "real"), [("bitwise_not", "bit_not"), ("load_vector", "load_v"), ("reduce_sum", "reduce_add")]
)
def test_an_invented_name_finds_the_nearest_real_one(invented: str, real: str) -> None:
    assert f"aie::{real}" in nearest(f"error: no member named '{invented}' in namespace 'aie'")


def test_a_real_name_is_told_with_its_parameters() -> None:
    told = nearest("error: no member named 'load_vector' in namespace 'aie'")
    assert "aie::load_v<N>(address)" in told
    assert signatures()["store_unaligned_v"] == "(address, values, aligned_elems = 1)"
    assert signatures()["shuffle_down_fill"] == "(v, fill, n)"
    assert signatures()["mac"] == "(acc, a, b)"


def test_no_name_of_the_emulator_itself_is_told() -> None:
    assert not {"permuted", "folded", "aie_emu_issue", "native_copy", "event0"} & functions()


def test_every_hint_names_its_source() -> None:
    assert all("Source: " in hint.text for hint in hints(notes.text("aie")))


def test_the_names_are_read_from_the_headers() -> None:
    assert functions() >= {
        "add",
        "mul",
        "mac",
        "load_v",
        "store_v",
        "reduce_add",
        "interleave_zip",
        "lt",
        "inv",
        "broadcast",
    }
    assert "operator+" not in functions()


def test_every_kind_of_failure_has_a_hint() -> None:
    assert len(hints(notes.text("aie"))) >= 8
