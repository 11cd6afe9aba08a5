"""Two tensors are added; the sum, and its rows divided by their root mean square and scaled, are both returned.

Hard: four passes for a library, and one row in a register file or the first cache for a kernel: every value is read
once and written twice. The root is taken once a row, the division becomes a product.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width))

    def forward(self, x, residual):
        total = x + residual
        scale = torch.rsqrt(total.square().mean(dim=-1, keepdim=True) + 1e-5)
        return total, total * scale * self.weight


def get_inputs():
    return [torch.randn(512, 768), torch.randn(512, 768)]


def get_init_inputs():
    return [768]


def get_workloads():
    return {"tokens": get_inputs, "odd": lambda: [9 * torch.randn(11, 29, 768), torch.randn(11, 29, 768)]}
