# verdict: incorrect
# class: aliasing
# wall: each output is written over in turn, and the others must stay as they are
# task: twins
# The second output is a view of the first, with a shape and an offset of its own.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)

    def forward(self, x):
        wide = torch.tanh_(self.first(x))
        return wide, wide.t().t(), self.first.bias.clone()
