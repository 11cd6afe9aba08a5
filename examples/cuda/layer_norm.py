"""Layer norm over rows, with scale and shift."""

import torch

kernel = "layer_norm.cu"


def reference(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.layer_norm(x, (x.shape[-1],), weight, bias, 1e-5)


def workloads() -> dict[str, dict[str, str]]:
    return {
        "vectors of four": {
            "x": "float32[rows=512, columns=1024]",
            "weight": "float32[columns]",
            "bias": "float32[columns]",
        },
        "short": {"x": "float32[rows=96, columns=252]", "weight": "float32[columns]", "bias": "float32[columns]"},
    }
