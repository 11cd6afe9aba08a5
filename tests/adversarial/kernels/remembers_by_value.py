# verdict: correct, incorrect
# class: caching by value
# wall: no launch sees values of another
# Keeps outputs by a value of their inputs. Right by luck at best, and never faster.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.known = {}

    def forward(self, x):
        key = x[0, 0].item()
        if key not in self.known:
            self.known[key] = torch.tanh(self.second(self.first(x)))
        return self.known[key]
