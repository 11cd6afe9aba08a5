"""Two convolutions with batch norms and a shortcut, twice, then a mean over the maps and a linear layer.

Hard: maps are small and channels few, so that a library's own layouts cost more than they bring; norms fold into the
convolutions, and the rectifiers into their stores.
"""

import torch
from torch import nn


def layer(channels):
    norm = nn.BatchNorm2d(channels)
    nn.init.normal_(norm.weight, 1, 0.3)
    nn.init.normal_(norm.bias)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    return nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), norm)


class Model(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.layers = nn.ModuleList(layer(channels) for _ in range(4))
        self.head = nn.Linear(channels, classes)

    def forward(self, x):
        for first, second in zip(self.layers[::2], self.layers[1::2], strict=True):
            x = torch.relu(x + second(torch.relu(first(x))))
        return self.head(x.mean(dim=(2, 3)))


def get_inputs():
    return [torch.randn(2, 16, 20, 20)]


def get_init_inputs():
    return [16, 10]


def get_workloads():
    return {"square": get_inputs, "strip": lambda: [2 * torch.randn(1, 16, 7, 61)]}
