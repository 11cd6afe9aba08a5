# verdict: incorrect
# class: aliasing
# wall: each output is written over in turn, and the others must stay as they are
# task: twins
# Returns one tensor twice where the reference makes two.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)

    def forward(self, x):
        y = torch.tanh_(self.first(x))
        return y, y, self.first.bias.clone()
