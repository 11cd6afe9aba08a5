"""A gated feed-forward block in KernelBench's form; there is no ModelNew, so the search starts from the reference."""

import torch
from torch import nn


class Model(nn.Module):
    """silu(x @ gate.T) * (x @ up.T), projected back and added to x."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, hidden, bias=False)
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(nn.functional.silu(self.gate(x)) * self.up(x))


tokens, width, hidden = 33, 192, 512


def get_inputs() -> list[torch.Tensor]:
    return [torch.randn(tokens, width)]


def get_init_inputs() -> list[int]:
    return [width, hidden]
