"""A block that mixes tokens with a small network, then channels with another; norms before, residuals around both.

Hard: the token half works on columns, where a library transposes there and back; four small products with element-wise
work between them, none large enough to hide what lies between.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, tokens, width):
        super().__init__()
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens = nn.Sequential(nn.Linear(tokens, 2 * tokens), nn.GELU(), nn.Linear(2 * tokens, tokens))
        self.channels = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        x = x + self.tokens(self.first(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.second(x))


def get_inputs():
    return [torch.randn(4, 49, 96)]


def get_init_inputs():
    return [49, 96]


def get_workloads():
    return {"batch": get_inputs, "one": lambda: [3 * torch.randn(1, 49, 96)]}
