# verdict: incorrect
# class: caching by identity
# wall: fresh values at old addresses
# Takes the same address for the same question.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.known = {}

    def forward(self, x):
        if x.data_ptr() not in self.known:
            self.known[x.data_ptr()] = torch.tanh(self.second(self.first(x)))
        return self.known[x.data_ptr()]
