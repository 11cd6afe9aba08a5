"""Points are projected on random directions; sine and cosine of each projection stand beside each other.

Hard: sine and cosine of the same angle share their range reduction, which a library does twice; angles grow large, so
the reduction must be exact enough.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, dim, features):
        super().__init__()
        self.directions = nn.Parameter(torch.randn(dim, features))

    def forward(self, x):
        angles = x @ self.directions
        return torch.cat((angles.sin(), angles.cos()), dim=-1)


def get_inputs():
    return [torch.randn(1024, 3)]


def get_init_inputs():
    return [3, 64]


def get_workloads():
    return {"near": get_inputs, "far": lambda: [12 * torch.randn(5, 187, 3)]}
