"""Four small networks see every token, and a gate says how much each of them counts.

Hard: the networks are alike, so that their products can be one; the gate's weights can be applied to the hidden layer,
which saves the sum of four outputs; nothing is large enough to be left to a library.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, experts, width, hidden):
        super().__init__()
        self.gate = nn.Linear(width, experts)
        self.up = nn.Parameter(torch.randn(experts, width, hidden) / width**0.5)
        self.down = nn.Parameter(torch.randn(experts, hidden, width) / hidden**0.5)

    def forward(self, x):
        weight = torch.softmax(self.gate(x), dim=-1)
        hidden = torch.relu(torch.einsum("td,edh->eth", x, self.up))
        return torch.einsum("te,eth,ehd->td", weight, hidden, self.down)


def get_inputs():
    return [torch.randn(96, 64)]


def get_init_inputs():
    return [4, 64, 96]


def get_workloads():
    return {"tokens": get_inputs, "few": lambda: [3 * torch.randn(19, 64)]}
