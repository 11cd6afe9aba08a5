# In-place operators on tensors of its own.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.squash = nn.Hardtanh(-3e38, 3e38, inplace=True)

    def forward(self, x):
        hidden = self.second(self.first(x))
        return torch.tanh_(self.squash(hidden))
