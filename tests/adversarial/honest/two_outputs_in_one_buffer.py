# task: twins
# Makes both outputs in one allocation, side by side.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)

    def forward(self, x):
        both = torch.empty(2, x.shape[0], self.first.bias.numel())
        torch.tanh(self.first(x), out=both[0])
        both[1] = both[0]
        return both[0], both[1], self.first.bias.detach().clone()
