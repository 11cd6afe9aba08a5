"""Windows over several channels, each with coefficients of its own, against the formula of the guide."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kernel_gepa.backends.aie.emulator import Emulator
from tests.npu.switchboard import Asked, switchboard

# Outputs, channels, points, step of coefficients, types of coefficients and data.
SHAPES = {
    "npu1": ((4, 8, 4, 1, "int8", "int8"), (8, 4, 8, 1, "uint8", "int8"), (4, 4, 3, 2, "int8", "uint8")),
    "npu2": ((8, 8, 8, 1, "int8", "int8"), (4, 8, 4, 1, "int16", "int16"), (2, 8, 2, 2, "int16", "uint16")),
}
FORMS = {
    "mul": "Ops::mul(c, 1, d, k)",
    "negmul": "Ops::negmul(c, 1, d, k)",
    "mac": "Ops::mac(Ops::mul(c, 0, d, 0), c, 1, d, k)",
}


Ints = NDArray[np.int64]


def slid(c: Ints, d: Ints, shape: tuple[int, int, int, int], at: int, start: int) -> list[int]:
    outputs, channels, points, step = shape

    def product(out: int, channel: int, p: int) -> int:
        coefficient = c[((at + p * step) * channels + channel) % len(c)]
        return int(coefficient * d[((start + out + p) * channels + channel) % len(d)])

    return [sum(product(o, ch, p) for p in range(points)) for o in range(outputs) for ch in range(channels)]


@pytest.mark.parametrize("device", SHAPES)
def test_channels_agree_with_the_formula(device: str, emulator1: Emulator, emulator2: Emulator) -> None:
    cases, plan = {}, []
    for outputs, channels, points, step, left, right in SHAPES[device]:
        for form, text in FORMS.items():
            bytes_ = 2 if left.endswith("16") else 1
            name = f"aie::sliding_mul_ch_ops<{outputs}, {channels}, {points}, {step}, 1, 1, {left}, {right}>"
            cases[f"{form} {name}"] = (
                f"using Ops = {name}; const auto c = aie::load_v<{64 // bytes_}>(({left} *)a); "
                f"const auto d = aie::load_v<{128 // bytes_}>(({right} *)b); put({text}.template to_vector<int32>());"
            )
            plan.append((form, outputs, channels, points, step, left, right))
    board = switchboard(emulator1 if device == "npu1" else emulator2, cases)
    rng = np.random.default_rng(9)
    asked, expected = [], []
    for name, (form, outputs, channels, points, step, left, right) in zip(board.names, plan, strict=True):
        a, b, k = rng.bytes(64), rng.bytes(128), int(rng.integers(0, 9))
        c, d = np.frombuffer(a, left).astype(np.int64), np.frombuffer(b, right).astype(np.int64)
        made = np.array(slid(c, d, (outputs, channels, points, step), 1, k)) * (-1 if form == "negmul" else 1)
        if form == "mac":
            made = made + np.array(slid(c, d, (outputs, channels, points, step), 0, 0))
        asked.append(Asked(name, a, b, k))
        expected.append(made.astype(np.int32).tobytes())
    board.check(asked, expected)
