"""Three convolutions, each of which sees the input and the maps of all before it.

Hard: every step joins tensors that are already there, which a library copies; what a step reads can lie in one buffer
into which the others wrote, and the taps of three by three overlap.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, channels, growth):
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(channels + n * growth, growth, 3, padding=1) for n in range(3))

    def forward(self, x):
        for convolution in self.layers:
            x = torch.cat((x, nn.functional.elu(convolution(x))), dim=1)
        return x


def get_inputs():
    return [torch.randn(2, 12, 24, 24)]


def get_init_inputs():
    return [12, 8]


def get_workloads():
    return {"square": get_inputs, "strip": lambda: [2 * torch.randn(1, 12, 5, 97)]}
