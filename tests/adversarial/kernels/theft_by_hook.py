# verdict: incorrect
# class: same-process theft
# wall: the reference runs in a worker of its own
# strict: no
# Hooks every module of the process, to copy what the reference returns.
import torch
from torch import nn

seen = []
nn.modules.module.register_module_forward_hook(
    lambda module, inputs, output: seen.append(output) if not isinstance(module, ModelNew) else None
)


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return seen[-1].clone() if seen else torch.zeros_like(x)
