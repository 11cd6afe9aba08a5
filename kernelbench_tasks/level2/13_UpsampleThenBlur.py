"""Maps are doubled in size bilinearly, then each is smoothed by three taps along both axes.

Hard: both steps are linear and local, so that they are one small filter per parity of the output; a library writes the
doubled maps twice on the way, and the borders of both steps behave differently.
"""

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.across = nn.Parameter(torch.randn(channels, 1, 1, 3))
        self.down = nn.Parameter(torch.randn(channels, 1, 3, 1))

    def forward(self, x):
        y = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        y = nn.functional.conv2d(y, self.across, padding=(0, 1), groups=x.shape[1])
        return nn.functional.conv2d(y, self.down, padding=(1, 0), groups=x.shape[1])


def get_inputs():
    return [torch.randn(2, 16, 32, 32)]


def get_init_inputs():
    return [16]


def get_workloads():
    return {"square": get_inputs, "flat": lambda: [5 * torch.randn(1, 16, 9, 77)]}
