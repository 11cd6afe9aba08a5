# Computes in inference mode, whose tensors nobody may write outside of it.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        with torch.inference_mode():
            return torch.tanh(self.second(self.first(x)))
