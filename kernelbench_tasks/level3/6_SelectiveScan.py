"""A diagonal state that decays and is fed at rates that depend on the input, read out by the input, and gated.

Hard: a recurrence over time with a state of channels by sixteen; exponentials at every step, nothing but element-wise
work and a sum of sixteen, and for a library ten tiny operations per step.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, channels, state):
        super().__init__()
        self.decay = nn.Parameter(torch.rand(channels, state) * 2 + 0.1)
        self.project = nn.Linear(channels, channels + 2 * state)
        self.state = state

    def forward(self, x):
        step, feed, read = self.project(x).split([x.shape[-1], self.state, self.state], dim=-1)
        step = nn.functional.softplus(step)
        h, found = x.new_zeros(x.shape[0], x.shape[2], self.state), []
        for t in range(x.shape[1]):
            kept = torch.exp(-step[:, t, :, None] * self.decay)
            h = kept * h + (step[:, t] * x[:, t])[..., None] * feed[:, t, None, :]
            found.append((h * read[:, t, None, :]).sum(dim=-1))
        return torch.stack(found, dim=1) * nn.functional.silu(x)


def get_inputs():
    return [torch.randn(2, 64, 64)]


def get_init_inputs():
    return [64, 16]


def get_workloads():
    return {"batch": get_inputs, "long": lambda: [2 * torch.randn(1, 150, 64)]}
