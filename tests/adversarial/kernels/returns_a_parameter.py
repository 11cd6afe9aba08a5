# verdict: incorrect
# class: aliasing
# wall: what was returned is written over, and later launches must be right all the same
# task: twins
# Returns its own parameter, which whoever uses the output may change.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)

    def forward(self, x):
        y = torch.tanh_(self.first(x))
        return y, y.clone(), self.first.bias.detach()
