# The same weights under other names, drawn from the same seed.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, width), nn.Linear(width, width), nn.Tanh())

    def forward(self, x):
        return self.layers(input := x) if x.dim() else input
