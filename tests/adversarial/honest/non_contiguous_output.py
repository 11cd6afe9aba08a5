# Returns a transposed view.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return (self.second.weight @ self.first(x).t() + self.second.bias[:, None]).tanh_().t()
