"""Every channel is convolved with its own four taps, and sees nothing of the future.

Hard: four multiplications per element are too few for a convolution library to earn its set-up; along time the reads
overlap, and the first three positions have fewer taps.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.taps = nn.Parameter(torch.randn(channels, 1, 4))
        self.bias = nn.Parameter(torch.randn(channels))

    def forward(self, x):
        padded = nn.functional.pad(x, (3, 0))
        return nn.functional.conv1d(padded, self.taps, self.bias, groups=x.shape[1])


def get_inputs():
    return [torch.randn(4, 128, 1024)]


def get_init_inputs():
    return [128]


def get_workloads():
    return {"long": get_inputs, "short": lambda: [2 * torch.randn(37, 128, 51)]}
