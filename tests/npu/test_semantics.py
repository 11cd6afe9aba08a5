"""Random programs over the emulated operations, against a model written independently: equal to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel_gepa.backends.aie.emulator import Assembled, Case, Emulator
from kernel_gepa.backends.aie.toolchain import Toolchain
from kernel_gepa.benchmarks.npueval.rows import pack, unpack
from kernel_gepa.ports import Sandbox
from tests.npu.interpreter import BITS, LANES, REGISTERS, STEPS, operations, source
from tests.npu.model import MODES, BFloats, Integers, Registers

Program = tuple[int, int, list[tuple[str, int, int, int, int]], list[list[float]]]
Run = Callable[[list[Program]], list[list[list[float]]]]


def register() -> st.SearchStrategy[int]:
    return st.integers(0, REGISTERS - 1)


def lanes(dtype: str) -> st.SearchStrategy[list[float]]:
    count = LANES[dtype]
    if dtype == "bfloat16":
        value = st.integers(-255, 255).flatmap(lambda m: st.integers(-12, 6).map(lambda e: float(m * 2.0**e)))
        return st.lists(value, min_size=count, max_size=count)
    most = 1 << (BITS[dtype] - 1)
    edges = st.sampled_from([-most, -most + 1, -1, 0, 1, most - 1])
    return st.lists(st.one_of(st.integers(-most, most - 1), edges), min_size=count, max_size=count)


def programs(dtype: str) -> st.SearchStrategy[Program]:
    step = st.tuples(st.sampled_from(operations(dtype)), register(), register(), register(), st.integers(0, 255))
    return st.tuples(
        st.sampled_from(sorted(MODES)),
        st.sampled_from([0, 1, 3]),
        st.lists(step, min_size=STEPS, max_size=STEPS),
        st.lists(lanes(dtype), min_size=REGISTERS, max_size=REGISTERS),
    )


def modelled(dtype: str, program: Program) -> list[list[float]]:
    rounding, saturation, steps, registers = program
    machine = (
        BFloats(Registers(rounding, saturation))
        if dtype == "bfloat16"
        else Integers(BITS[dtype], Registers(rounding, saturation))
    )
    found: list[Any] = [list(r) for r in registers]
    for op, to, a, b, imm in steps:
        found[to] = machine.apply(op, found[a], found[b], imm)
    return found


@pytest.fixture(scope="module")
def emulator(toolchain: Toolchain, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    folder: Path = tmp_path_factory.mktemp("emulator")
    folder.chmod(0o755)
    return Emulator(toolchain, "npu1", sandbox, folder)


@pytest.fixture(scope="module")
def built(emulator: Emulator) -> dict[str, Assembled]:
    found = {}
    for dtype in LANES:
        assembled = emulator.build(source(dtype))
        assert isinstance(assembled, Assembled), assembled
        found[dtype] = assembled
    return found


@pytest.mark.parametrize("dtype", LANES)
def test_the_emulator_agrees_with_the_model(dtype: str, emulator: Emulator, built: dict[str, Assembled]) -> None:
    names = operations(dtype)

    def case(program: Program) -> Case:
        rounding, saturation, steps, registers = program
        words = [rounding, saturation, *(w for op, *rest in steps for w in (names.index(op), *rest))]
        values = np.array(registers, dtype=np.float32 if dtype == "bfloat16" else np.int64)
        return Case(pack(values, dtype) + pack(np.array(words), "int32"), 0xA5)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(programs(dtype), min_size=6, max_size=6))
    def agree(several: list[Program]) -> None:
        seen = emulator.run(built[dtype], [case(program) for program in several])
        assert isinstance(seen, tuple), seen
        for program, one in zip(several, seen, strict=True):
            assert one.end == "returned", one.reason
            found = unpack(one.outputs, dtype, (REGISTERS, LANES[dtype]))
            expected = np.array(modelled(dtype, program), dtype=found.dtype)
            np.testing.assert_array_equal(found, expected)

    agree()
