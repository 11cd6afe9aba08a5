# verdict: incorrect
# class: caching by identity
# wall: fresh values in old tensors, written from outside
# Takes the same tensor, never written to as far as torch knows, for the same question.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.known = {}

    def forward(self, x):
        key = id(x), x._version
        if key not in self.known:
            self.known[key] = torch.tanh(self.second(self.first(x)))
        return self.known[key]
