"""By how much the largest value of each row exceeds the second largest.

Hard: a full selection keeps indices that nobody asks for; one pass with two running values per lane is enough, and
lanes have to be merged without losing a second place that fell in with the first.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        best = torch.topk(x, 2, dim=-1).values
        return best[..., 0] - best[..., 1]


def get_inputs():
    return [torch.randn(1024, 512)]


def get_init_inputs():
    return []


def get_workloads():
    return {"logits": get_inputs, "vocabulary": lambda: [8 * torch.randn(41, 16001)]}
