"""Four linear layers down to a few numbers and up again, and the squared error per row beside the reconstruction.

Hard: products of few rows read weights more than they compute; rectifiers and the error belong into the stores, and two
outputs are wanted of the last layer.
"""

from itertools import pairwise

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width, hidden, code):
        super().__init__()
        sizes = (width, hidden, code, hidden, width)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))

    def forward(self, x):
        y = x
        for number, linear in enumerate(self.layers):
            y = linear(torch.tanh(y) if number == 2 else torch.relu(y) if number else y)
        return y, (y - x).square().mean(dim=-1)


def get_inputs():
    return [torch.randn(64, 300)]


def get_init_inputs():
    return [300, 128, 12]


def get_workloads():
    return {"batch": get_inputs, "few": lambda: [2 * torch.randn(29, 300)]}
