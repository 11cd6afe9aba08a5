"""Rows are added up by the segment that each belongs to, in no particular order.

Hard: which row goes where is only known at run time; the sums fit into a cache and the rows do not, so each row should
be read once, and the additions of one row vectorised along its width.
"""

import torch
from torch import nn

SEGMENTS = 96


class Model(nn.Module):
    def forward(self, x, segment):
        return x.new_zeros(SEGMENTS, x.shape[1]).index_add(0, segment, x)


def get_inputs():
    return [torch.randn(20000, 64), torch.randint(0, SEGMENTS, (20000,))]


def get_init_inputs():
    return []


def get_workloads():
    return {
        "many rows": get_inputs,
        "skewed": lambda: [5 * torch.randn(7001, 129), (SEGMENTS * torch.rand(7001) ** 3).long()],
    }
