"""The mean of each value and its two neighbours; beyond the ends there is zero."""

import torch

kernel = "smooth.cpp"


def workloads():
    return {"line": {"x": "float32[n=16384]"}, "odd": {"x": "float32[n=9973]"}}


def reference(x):
    padded = torch.nn.functional.pad(x, (1, 1))
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3
