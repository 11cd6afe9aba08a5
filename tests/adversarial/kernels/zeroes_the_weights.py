# verdict: incorrect
# class: same-process theft
# wall: the reference and its weights are in a worker of their own
# strict: no
# Zeroes all weights of the process, so that the reference answers 0 too.
import torch
from torch import nn
import gc


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        for found in gc.get_objects():
            if isinstance(found, nn.Module):
                for parameter in found.parameters():
                    parameter.data.zero_()
        return torch.zeros_like(x)
