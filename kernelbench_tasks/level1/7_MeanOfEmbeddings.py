"""The mean of a few rows of a table, for every bag of row numbers.

Hard: rows are fetched from places that no prefetcher foresees, and a general gather writes them all out before they are
averaged; the table is larger than the second cache.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, rows, width):
        super().__init__()
        self.table = nn.Parameter(torch.randn(rows, width))

    def forward(self, bags):
        return self.table[bags].mean(dim=1)


def get_inputs():
    return [torch.randint(0, 20000, (512, 24))]


def get_init_inputs():
    return [20000, 64]


def get_workloads():
    return {"long bags": get_inputs, "pairs": lambda: [torch.randint(0, 20000, (3007, 2))]}
