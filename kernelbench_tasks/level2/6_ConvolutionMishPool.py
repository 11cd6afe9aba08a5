"""A convolution of three by three, the Mish function, and the mean over each map.

Hard: nothing of the convolution's output is kept, so it need never be written; Mish is a tangent of a logarithm of an
exponential, which can be rewritten with a single exponential and a division.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, channels, maps):
        super().__init__()
        self.convolution = nn.Conv2d(channels, maps, 3)

    def forward(self, x):
        return nn.functional.mish(self.convolution(x)).mean(dim=(2, 3))


def get_inputs():
    return [torch.randn(4, 8, 34, 34)]


def get_init_inputs():
    return [8, 24]


def get_workloads():
    return {"square": get_inputs, "flat": lambda: [2 * torch.randn(1, 8, 11, 203)]}
