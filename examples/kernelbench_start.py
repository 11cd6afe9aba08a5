"""Squared distances to a set of learned centres, in KernelBench's form with a first ModelNew to start from."""

import torch
from torch import nn


class Model(nn.Module):
    """The squared Euclidean distance of every point to every centre."""

    def __init__(self, centres: int, dim: int) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.randn(centres, dim))

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        return torch.cdist(points, self.centres, compute_mode="donot_use_mm_for_euclid_dist").square()


class ModelNew(nn.Module):
    """The definition written out: a difference for every pair, squared and summed."""

    def __init__(self, centres: int, dim: int) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.randn(centres, dim))

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        difference = points[:, None, :] - self.centres[None, :, :]
        return difference.square().sum(dim=-1)


points, centres, dim = 257, 64, 48


def get_inputs() -> list[torch.Tensor]:
    return [torch.randn(points, dim)]


def get_init_inputs() -> list[int]:
    return [centres, dim]
