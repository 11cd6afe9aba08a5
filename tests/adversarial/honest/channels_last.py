# task: pair
# Returns a tuple, and an image with its channels last.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 16, 3, padding=1)

    def forward(self, x, shift):
        y = self.conv(x.contiguous(memory_format=torch.channels_last)).relu_()
        return y, y.mean(dim=(2, 3)) + shift
