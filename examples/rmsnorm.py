"""RMS normalisation of each row: x / sqrt(mean(x * x) + eps), then a learned weight per column."""

import torch

kernel = "rmsnorm.cpp"
tolerance = {"rtol": 1e-4, "atol": 1e-5}


def workloads():
    return {
        "prompt": {"x": "float32[rows=256, cols=2048]", "weight": "float32[cols]", "eps": 1e-6},
        "heads": {"x": "float32[rows=3001, cols=100]", "weight": "float32[cols]", "eps": 1e-5},
    }


def reference(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + eps) * weight
