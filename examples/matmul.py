"""The product of two row-major matrices: out = a @ b."""

import torch

kernel = "matmul.cpp"
tolerance = {"rtol": 1e-4, "atol": 1e-4}


def workloads():
    return {
        "square": {"a": "float32[m=128, k=128]", "b": "float32[k, n=128]"},
        "odd": {"a": "float32[m=97, k=203]", "b": "float32[k, n=61]"},
        "thin": {"a": "float32[m=5, k=512]", "b": "float32[k, n=384]"},
    }


def reference(a, b):
    return torch.matmul(a, b)
