"""A running sum along the middle one of three axes.

Hard: the additions of one sum depend on each other, so that speed has to come from the last axis, whose sums are
independent; where that axis is short, from several planes at once.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        return torch.cumsum(x, dim=1)


def get_inputs():
    return [torch.randn(8, 512, 128)]


def get_init_inputs():
    return []


def get_workloads():
    return {"broad": get_inputs, "narrow": lambda: [torch.randn(96, 700, 5) * 10]}
