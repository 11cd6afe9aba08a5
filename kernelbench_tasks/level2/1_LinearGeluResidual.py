"""A linear layer, the exact GELU, a gain per channel, and the input added.

Hard: the product is small enough that the passes behind it cost as much; the error function has no instruction, and
its approximation must stay within a float's accuracy on both sides of zero.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.gain = nn.Parameter(torch.randn(width))

    def forward(self, x):
        return x + self.gain * nn.functional.gelu(self.linear(x))


def get_inputs():
    return [torch.randn(192, 256)]


def get_init_inputs():
    return [256]


def get_workloads():
    return {"batch": get_inputs, "few": lambda: [3 * torch.randn(51, 256)]}
