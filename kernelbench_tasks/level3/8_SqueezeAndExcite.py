"""A depthwise convolution whose maps are scaled by gates, computed from the means of all of them, and added to the
input.

Hard: every mean is needed before the first output, so the maps are passed over twice; the gate itself is a tiny network
on a vector, all latency.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.down, self.up = nn.Linear(channels, squeezed), nn.Linear(squeezed, channels)

    def forward(self, x):
        y = nn.functional.silu(self.depthwise(x))
        gate = torch.sigmoid(self.up(torch.relu(self.down(y.mean(dim=(2, 3))))))
        return x + y * gate[:, :, None, None]


def get_inputs():
    return [torch.randn(4, 48, 28, 28)]


def get_init_inputs():
    return [48, 12]


def get_workloads():
    return {"square": get_inputs, "strip": lambda: [3 * torch.randn(1, 48, 9, 101)]}
