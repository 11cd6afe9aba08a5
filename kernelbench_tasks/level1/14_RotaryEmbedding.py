"""Pairs of neighbouring values are turned by an angle that depends on the position and the pair.

Hard: even and odd values interleave, so that vectors need shuffles; the angles are shared by all heads, and computing a
sine costs more than all the rest.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_buffer("rates", 100.0 ** (-torch.arange(0, dim, 2) / dim))

    def forward(self, x):
        angles = torch.arange(x.shape[2], dtype=x.dtype)[:, None] * self.rates
        cos, sin = angles.cos(), angles.sin()
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


def get_inputs():
    return [torch.randn(2, 8, 256, 64)]


def get_init_inputs():
    return [64]


def get_workloads():
    return {"prompt": get_inputs, "odd": lambda: [5 * torch.randn(1, 3, 777, 64)]}
