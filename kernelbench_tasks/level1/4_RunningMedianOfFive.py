"""The median of every five neighbours along a signal.

Hard: a sort per window is what a library does; five values need seven comparisons, which a network of minima and
maxima makes without a branch, for as many windows at once as a vector holds.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        return x.unfold(-1, 5, 1).median(dim=-1).values


def get_inputs():
    return [torch.randn(16, 4096)]


def get_init_inputs():
    return []


def get_workloads():
    return {"signals": get_inputs, "odd": lambda: [torch.randn(3, 9973).cumsum(dim=-1)]}
