"""Every mode of the shuffle unit against NumPy's transposition, on both generations."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import kernel_gepa.backends.aie.toolchain as aie
from kernel_gepa.backends.aie.emulator import Emulator
from tests.npu.switchboard import Asked, switchboard

REGISTER = 64
PAIRS = (
    *((8, 64, 2), (8, 2, 64), (16, 32, 2), (16, 2, 32), (32, 16, 2), (32, 2, 16), (64, 8, 2), (64, 2, 8)),
    *((128, 4, 2), (128, 2, 4), (256, 2, 2), (512, 1, 2), (16, 16, 4), (16, 4, 16), (32, 8, 4), (32, 4, 8)),
)
SMALL = (
    *((32, 4, 4), (16, 8, 4), (16, 4, 8), (16, 16, 2), (16, 2, 16), (8, 8, 8), (8, 16, 4), (8, 4, 16)),
    *((16, 4, 4), (16, 8, 2), (16, 2, 8), (8, 8, 4), (8, 4, 8), (16, 4, 2), (16, 2, 4)),
)
LATER_PAIRS = ((64, 4, 4), (16, 8, 8))
LATER_SMALL = ((64, 4, 2), (64, 2, 4), (32, 8, 2), (32, 2, 8))
FLIPS, LATER_FLIPS = ((16, 1, 2),), ((8, 1, 4), (32, 1, 16))
INTERLEAVES = (8, 16, 32, 64, 128, 256)


def turned(content: bytes, bits: int, rows: int, columns: int) -> bytes:
    grid = np.frombuffer(content, np.uint8)[: rows * columns * bits // 8].reshape(rows, columns, bits // 8)
    return grid.transpose(1, 0, 2).tobytes()


def modes(device: str, both: bytes) -> dict[str, bytes]:
    """What each gives; of those that turn less than a register, only that."""
    later = device == "npu2"
    found = {}
    for bits, rows, columns in PAIRS + (LATER_PAIRS if later else ()):
        made = turned(both, bits, rows, columns)
        found[f"T{bits}_{rows}x{columns}_lo"], found[f"T{bits}_{rows}x{columns}_hi"] = made[:REGISTER], made[REGISTER:]
    for bits in INTERLEAVES:
        for half in ("lo", "hi"):
            lanes = 512 // bits
            found[f"DINTLV_{half}_{bits}o{2 * bits}"] = found[f"T{bits}_{lanes}x2_{half}"]
            found[f"INTLV_{half}_{bits}o{2 * bits}"] = found[f"T{bits}_2x{lanes}_{half}"]
    for bits, rows, columns in SMALL + (LATER_SMALL if later else ()):
        found[f"T{bits}_{rows}x{columns}"] = turned(both, bits, rows, columns)
    for bits, rows, columns in FLIPS + (LATER_FLIPS if later else ()):
        grid = np.frombuffer(both[:REGISTER], np.uint8).reshape(-1, columns, bits // 8)
        found[f"T{bits}_{rows}x{columns}_flip"] = grid[:, ::-1].tobytes()
    return found


@pytest.mark.parametrize("device", ["npu1", "npu2"])
def test_every_mode_agrees_with_numpy(device: str, emulator1: Emulator, emulator2: Emulator) -> None:
    rng = np.random.default_rng(6)
    a, b = rng.bytes(REGISTER), rng.bytes(REGISTER)
    expected = modes(device, a + b)
    one = "const auto x = aie::load_v<64>(a);"
    cases = {
        mode: f"{one} put(shuffle(x, {mode}));"
        if "_lo" not in mode and "_hi" not in mode
        else f"{one} put(shuffle(x, aie::load_v<64>(b), {mode}));"
        for mode in expected
    }
    board = switchboard(emulator1 if device == "npu1" else emulator2, cases)
    for mode, found in zip(board.names, board.answers([Asked(mode, a, b) for mode in board.names]), strict=True):
        assert found[: len(expected[mode])] == expected[mode], mode


def test_no_mode_of_the_headers_goes_untested() -> None:
    header = (Path(aie.__file__).parent / "emulator/include/aie_api/emulator/shuffle.hpp").read_text()
    declared = re.findall(r"^AIE_EMU_(\w+)\((\d+), (\d+), (\d+)\)$", header, re.MULTILINE)
    tested = {"MODE": PAIRS + LATER_PAIRS, "SMALL_MODE": SMALL + LATER_SMALL, "FLIP": FLIPS + LATER_FLIPS}
    for kind, shapes in tested.items():
        assert {tuple(int(v) for v in rest) for of, *rest in declared if of == kind} == set(shapes)
