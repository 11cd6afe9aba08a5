"""Rotary position embedding: the halves of each head's vector are turned by an angle that depends on the position."""

import torch
import triton
import triton.language as tl
from torch import nn


class Model(nn.Module):
    """x of (positions, heads, width) and tables of (positions, width / 2)"""

    def forward(self, x: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor) -> torch.Tensor:
        first, second = x.chunk(2, dim=-1)
        cosines, sines = cosines[:, None, :], sines[:, None, :]
        return torch.cat([first * cosines - second * sines, second * cosines + first * sines], dim=-1)


@triton.jit
def rotary_kernel(x_ptr, cosines_ptr, sines_ptr, y_ptr, heads, HALF: tl.constexpr, BLOCK: tl.constexpr):
    position = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    inside = at < HALF
    cosine = tl.load(cosines_ptr + position * HALF + at, mask=inside)
    sine = tl.load(sines_ptr + position * HALF + at, mask=inside)
    for head in range(0, heads):
        start = (position * heads + head) * 2 * HALF
        first = tl.load(x_ptr + start + at, mask=inside)
        second = tl.load(x_ptr + start + HALF + at, mask=inside)
        tl.store(y_ptr + start + at, first * cosine - second * sine, mask=inside)
        tl.store(y_ptr + start + HALF + at, second * cosine + first * sine, mask=inside)


NUM_WARPS = 1  # tune: 1, 2, 4


class ModelNew(nn.Module):
    def forward(self, x: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor) -> torch.Tensor:
        y = torch.empty_like(x)
        positions, heads, width = x.shape
        half = width // 2
        block = triton.next_power_of_2(half)
        rotary_kernel[(positions,)](x, cosines, sines, y, heads, HALF=half, BLOCK=block, num_warps=NUM_WARPS)
        return y


def drawn(positions: int, heads: int, width: int) -> list[torch.Tensor]:
    angles = torch.rand(positions, width // 2) * 6.28
    return [torch.randn(positions, heads, width), angles.cos(), angles.sin()]


def get_inputs() -> list[torch.Tensor]:
    return drawn(24, 4, 64)


def get_workloads():
    return {"power of two": get_inputs, "odd half": lambda: drawn(13, 3, 46)}


def get_init_inputs() -> list[int]:
    return []
