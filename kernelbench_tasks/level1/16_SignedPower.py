"""The sign of a value times its absolute value to a power of 1.7.

Hard: a power is a logarithm and an exponential, each a dozen instructions when it is vectorised and a call when it is
not; zero and the sign must survive.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, x):
        return x.sign() * x.abs().pow(1.7)


def get_inputs():
    return [torch.randn(256, 1024)]


def get_init_inputs():
    return []


def get_workloads():
    return {"unit": get_inputs, "large": lambda: [50 * torch.randn(3, 7, 11, 613)]}
