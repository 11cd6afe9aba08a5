"""Blocks of two by two pixels become channels, signs flipped in every other one.

Hard: nothing but moving: reads or writes have to be strided, and the choice between them, the width of the pieces and
whole cache lines decide; a library makes a view and then copies it element by element.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        n, c, h, w = x.shape
        blocks = x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 2, 4)
        flips = torch.tensor([1, -1, 1, -1], dtype=x.dtype).view(1, 1, 2, 2, 1, 1)
        return (blocks * flips).reshape(n, 4 * c, h // 2, w // 2)


def get_inputs():
    return [torch.randn(8, 16, 64, 64)]


def get_init_inputs():
    return []


def get_workloads():
    return {"images": get_inputs, "one": lambda: [torch.randn(1, 3, 270, 482) * 20]}
