"""Channels are normalised in groups, scaled and shifted each by its own, and gated by their own sigmoid.

Hard: mean and variance need all of a group before its first output can be written; a group fits into a cache, so the
second pass should find it there. One pass sums in float32 must not cancel.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, groups, channels):
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels)
        nn.init.normal_(self.norm.weight)
        nn.init.normal_(self.norm.bias)

    def forward(self, x):
        y = self.norm(x)
        return y * torch.sigmoid(y)


def get_inputs():
    return [torch.randn(8, 32, 32, 32)]


def get_init_inputs():
    return [8, 32]


def get_workloads():
    return {"maps": get_inputs, "shifted": lambda: [2 * torch.randn(7, 32, 31, 23) + 7]}
