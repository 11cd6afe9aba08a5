"""The loss of every row against its label, of which a tenth is spread over all other classes.

Hard: only a maximum, two sums and one value of each row matter, and a library writes the logarithms of all of them
before it throws them away; exponentials dominate.
"""

import torch
from torch import nn


class Model(nn.Module):
    def forward(self, logits, labels):
        return nn.functional.cross_entropy(logits, labels, label_smoothing=0.1, reduction="none")


def get_inputs():
    return [4 * torch.randn(256, 2000), torch.randint(0, 2000, (256,))]


def get_init_inputs():
    return []


def get_workloads():
    return {"tokens": get_inputs, "few": lambda: [torch.randn(4099, 10) - 1, torch.randint(0, 10, (4099,))]}
