"""The sum of absolute differences between every point of one set and every point of another.

Hard: no matrix product computes it; as one, it wants tiles of both sets in registers and caches, with three operations
where a product has one fused instruction.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, a, b):
        return (a[:, None, :] - b[None, :, :]).abs().sum(dim=-1)


def get_inputs():
    return [torch.randn(192, 64), torch.randn(160, 64)]


def get_init_inputs():
    return []


def get_workloads():
    return {"square": get_inputs, "thin": lambda: [torch.randn(1500, 7) * 3, torch.randn(131, 7) - 1]}
