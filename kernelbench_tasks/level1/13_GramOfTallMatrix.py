"""The product of a tall matrix with itself, transposed: every pair of columns.

Hard: the result is symmetric, so half of the work is a copy; the sum runs over thousands of rows into few results, and
they have to be kept in registers in tiles while rows stream past.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        return x.T @ x / x.shape[0]


def get_inputs():
    return [torch.randn(8192, 40)]


def get_init_inputs():
    return []


def get_workloads():
    return {"forty": get_inputs, "nine": lambda: [torch.randn(30011, 9) - 0.5]}
