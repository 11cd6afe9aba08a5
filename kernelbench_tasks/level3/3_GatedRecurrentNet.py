"""A gated recurrent cell, written out, over a sequence, with a read-out of every state.

Hard: each step is three small products that need the state before; the input's share can be computed for all steps at
once, the state's cannot, and its weights should stay in a cache.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.of_input = nn.Linear(inputs, 3 * width)
        self.of_state = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, 8)

    def forward(self, x):
        state = x.new_zeros(x.shape[0], self.of_state.in_features)
        found = []
        for t in range(x.shape[1]):
            reset, update, new = self.of_input(x[:, t]).chunk(3, dim=-1)
            by_state = self.of_state(state).chunk(3, dim=-1)
            reset, update = torch.sigmoid(reset + by_state[0]), torch.sigmoid(update + by_state[1])
            state = (1 - update) * torch.tanh(new + reset * by_state[2]) + update * state
            found.append(self.out(state))
        return torch.stack(found, dim=1)


def get_inputs():
    return [torch.randn(8, 48, 32)]


def get_init_inputs():
    return [32, 64]


def get_workloads():
    return {"batch": get_inputs, "one": lambda: [3 * torch.randn(1, 75, 32)]}
