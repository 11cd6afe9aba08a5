"""Layer norm with scale and shift, one program per row, which is held in registers.

The mean is taken of differences to the first element: rounded sums of a constant row would leave a remainder, which
the division by a vanishing deviation makes large.
"""

import torch
import triton
import triton.language as tl
from torch import nn


class Model(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width) * 0.1 + 1)
        self.bias = nn.Parameter(torch.randn(width) * 0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.layer_norm(x, (x.shape[-1],), self.weight, self.bias, 1e-5)


@triton.jit
def layer_norm_kernel(x_ptr, weight_ptr, bias_ptr, y_ptr, stride, columns, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    inside = at < columns
    x = tl.load(x_ptr + row * stride + at, mask=inside, other=0.0).to(tl.float32)
    apart = tl.where(inside, x - tl.load(x_ptr + row * stride).to(tl.float32), 0.0)
    centred = tl.where(inside, apart - tl.sum(apart, axis=0) / columns, 0.0)
    scale = 1.0 / tl.sqrt(tl.sum(centred * centred, axis=0) / columns + eps)
    weight = tl.load(weight_ptr + at, mask=inside)
    bias = tl.load(bias_ptr + at, mask=inside)
    tl.store(y_ptr + row * stride + at, centred * scale * weight + bias, mask=inside)


NUM_WARPS = 4  # tune: 1, 2, 4, 8


class ModelNew(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.empty_like(x)
        columns = x.shape[-1]
        rows = x.numel() // columns
        layer_norm_kernel[(rows,)](
            x, self.weight, self.bias, y, columns, columns, 1e-5,
            BLOCK=triton.next_power_of_2(columns), num_warps=NUM_WARPS,
        )  # fmt: skip
        return y


width = 384


def get_inputs() -> list[torch.Tensor]:
    return [torch.randn(24, width)]


def get_workloads():
    return {"flat": get_inputs, "batched": lambda: [torch.randn(3, 11, width) * 3 + 1]}


def get_init_inputs() -> list[int]:
    return [width]
