"""Matrix product of two float32 matrices."""

import torch

kernel = "matmul.cu"


def reference(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return a @ b


def workloads() -> dict[str, dict[str, str]]:
    return {
        "whole tiles": {"a": "float32[m=256, k=128]", "b": "float32[k, n=192]"},
        "tails": {"a": "float32[m=130, k=77]", "b": "float32[k, n=101]"},
    }
