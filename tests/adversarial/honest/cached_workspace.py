# Keeps the tensor between two layers, and writes into it by out=.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.hidden = None

    def forward(self, x):
        if self.hidden is None or self.hidden.shape != x.shape:
            self.hidden = torch.empty_like(x)
        torch.addmm(self.first.bias, x, self.first.weight.t(), out=self.hidden)
        return torch.addmm(self.second.bias, self.hidden, self.second.weight.t()).tanh_()
