# verdict: incorrect
# class: precision downgrade
# wall: tolerance of the dtype, reference in float64
# Multiplies in bfloat16 what was asked for in float32.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        first, second = self.first.weight.bfloat16(), self.second.weight.bfloat16()
        hidden = x.bfloat16() @ first.t() + self.first.bias.bfloat16()
        return torch.tanh((hidden @ second.t()).float() + self.second.bias)
