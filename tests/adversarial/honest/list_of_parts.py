# task: pair
# Returns a list, computes in pieces, and names its attributes as it goes.
import torch
from torch import nn


class ModelNew(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 16, 3, padding=1)
        for number in range(2):
            setattr(self, f"part{number}", number)

    def forward(self, input, shift):
        parts = [self.conv(part) for part in input.split(2)]
        image = torch.cat(parts).clamp_(min=getattr(self, "part" + "0"))
        return [image, image.flatten(2).mean(-1).add_(shift)]
