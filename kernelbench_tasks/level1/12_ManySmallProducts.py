"""Thousands of products of matrices of eight by eight.

Hard: one product is 1024 operations, less than a call of a library takes; a matrix of eight by eight floats fits into
registers, and all that matters is how it gets there.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, a, b):
        return a @ b


def get_inputs():
    return [torch.randn(4096, 8, 8), torch.randn(4096, 8, 8)]


def get_init_inputs():
    return []


def get_workloads():
    return {"eights": get_inputs, "sevens": lambda: [torch.randn(3001, 7, 7), 3 * torch.randn(3001, 7, 7)]}
