"""1 + x/2 + x^2/3 + ... + x^7/8, element by element."""

import torch

kernel = "polynomial.cpp"


def workloads():
    return {"values": {"x": "float32[n=8192] ~ uniform(-1, 1)"}}


def reference(x):
    total = torch.zeros_like(x)
    for k in range(7, -1, -1):
        total = total * x + 1 / (k + 1)
    return total
