"""Softmax along rows that are much longer than a cache line and not always a multiple of a vector.

Hard: it is bound by exponentials rather than by memory, the largest value must be known before the first of them, and a
row that is read three times should be read from a cache. Rows of 5003 end in a tail.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        return torch.softmax(x, dim=-1)


def get_inputs():
    return [torch.randn(64, 8192)]


def get_init_inputs():
    return []


def get_workloads():
    return {"wide": get_inputs, "odd": lambda: [4 * torch.randn(37, 5003) - 2]}
