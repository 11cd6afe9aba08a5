# verdict: incorrect
# class: subsampling
# wall: every element is compared
# Computes one row and returns a view that shows it everywhere.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return torch.tanh(self.second(self.first(x[:1]))).expand(x.shape)
