"""For every edge of a graph: the features of both ends are gathered, multiplied, summed and squashed.

Hard: both gathers go to unforeseen rows, and as two copies they move three times what is needed; a dot product of 48
is three vectors and a sum across lanes.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, nodes, source, target):
        return torch.tanh((nodes[source] * nodes[target]).sum(dim=-1) / 8)


def get_inputs():
    return [torch.randn(1500, 48), torch.randint(0, 1500, (12000,)), torch.randint(0, 1500, (12000,))]


def get_init_inputs():
    return []


def get_workloads():
    return {
        "sparse": get_inputs,
        "dense": lambda: [2 * torch.randn(61, 48), torch.randint(0, 61, (3607,)), torch.randint(0, 61, (3607,))],
    }
