"""Rows longer than one are shortened to length one; then a hyperbolic tangent after a learned slope.

Hard: whether a row is shortened is only known at its end; the tangent needs an exponential and a division, and near
zero its naive form loses every digit.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.slope = nn.Parameter(2 * torch.randn(width))

    def forward(self, x):
        length = x.square().sum(dim=-1, keepdim=True).sqrt()
        return torch.tanh(self.slope * x / length.clamp(min=1))


def get_inputs():
    return [0.04 * torch.randn(768, 600)]


def get_init_inputs():
    return [600]


def get_workloads():
    return {"near one": get_inputs, "long": lambda: [3 * torch.randn(2, 97, 600)]}
