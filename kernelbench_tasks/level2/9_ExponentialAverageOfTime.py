"""A running average that forgets at a rate of each channel's own, and how far the input is from it.

Hard: a step needs the one before, so time cannot be vectorised; channels can. A library runs a handful of tiny
operations for each of two hundred steps.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.rate = nn.Parameter(torch.randn(channels))

    def forward(self, x):
        keep = torch.sigmoid(self.rate)
        state, found = torch.zeros_like(x[:, 0]), []
        for t in range(x.shape[1]):
            state = keep * state + (1 - keep) * x[:, t]
            found.append(x[:, t] - state)
        return torch.stack(found, dim=1)


def get_inputs():
    return [torch.randn(16, 200, 96)]


def get_init_inputs():
    return [96]


def get_workloads():
    return {"batch": get_inputs, "one": lambda: [4 * torch.randn(1, 331, 96)]}
