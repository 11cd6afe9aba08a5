"""Channels of a linear layer compete in groups of four; the winners are shifted and squared.

Hard: three quarters of the product are thrown away after a comparison, so that tiles should be compared while they are
still in registers, and groups lie next to each other in memory.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width, groups):
        super().__init__()
        self.linear = nn.Linear(width, 4 * groups)
        self.shift = nn.Parameter(torch.randn(groups))

    def forward(self, x):
        y = self.linear(x).view(len(x), -1, 4).amax(dim=-1)
        return (y + self.shift).square()


def get_inputs():
    return [torch.randn(128, 200)]


def get_init_inputs():
    return [200, 64]


def get_workloads():
    return {"batch": get_inputs, "few": lambda: [4 * torch.randn(67, 200)]}
