"""A product of bytes with bytes, summed in 32 bits and scaled by column.

Hard: bytes have instructions of their own where the processor has them, and widening ones elsewhere; the library has no
fast path for it. Sums are exact, so a right kernel agrees to the last bit before the scale.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, inner, columns):
        super().__init__()
        self.register_buffer("weight", torch.randint(-127, 128, (inner, columns), dtype=torch.int8))
        self.scale = nn.Parameter(torch.rand(columns) * 0.02 - 0.01)

    def forward(self, x):
        return (x.int() @ self.weight.int()) * self.scale


def get_inputs():
    return [torch.randint(-127, 128, (160, 256), dtype=torch.int8)]


def get_init_inputs():
    return [256, 96]


def get_workloads():
    return {"rows": get_inputs, "few": lambda: [torch.randint(-127, 128, (77, 256), dtype=torch.int8)]}
