"""A pointwise convolution, a batch norm by its running statistics, and a leaky rectifier.

Hard: norm and convolution are one affine map once its weights are multiplied out, which can be done in the constructor;
what is left is a small product over pixels that lie apart by whole maps.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, channels, maps):
        super().__init__()
        self.convolution = nn.Conv2d(channels, maps, 1)
        self.norm = nn.BatchNorm2d(maps)
        nn.init.normal_(self.norm.weight)
        nn.init.normal_(self.norm.bias)
        self.norm.running_mean.normal_()
        self.norm.running_var.uniform_(0.5, 2)

    def forward(self, x):
        return nn.functional.leaky_relu(self.norm(self.convolution(x)), 0.1)


def get_inputs():
    return [torch.randn(4, 32, 28, 28)]


def get_init_inputs():
    return [32, 48]


def get_workloads():
    return {"maps": get_inputs, "strip": lambda: [3 * torch.randn(1, 32, 5, 333)]}
