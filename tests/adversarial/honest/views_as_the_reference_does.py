# task: views
# Returns views of another output and of a parameter, as the reference does.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)

    def forward(self, x):
        y = torch.tanh_(self.first(x))
        return y, y[:, ::3], self.first.bias[7:]
