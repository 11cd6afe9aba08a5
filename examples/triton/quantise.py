"""Rows to int8 with one scale each: the largest magnitude of a row becomes 127."""

import torch
import triton
import triton.language as tl
from torch import nn


class Model(nn.Module):
    """The integers and the scale of each row."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scale = x.abs().amax(dim=-1) / 127
        return torch.floor(x / scale[:, None] + 0.5).clamp(-127, 127).to(torch.int8), scale


@triton.jit
def quantise_kernel(x_ptr, codes_ptr, scale_ptr, stride, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    inside = at < columns
    x = tl.load(x_ptr + row * stride + at, mask=inside, other=0.0)
    scale = tl.max(tl.abs(x), axis=0) / 127
    code = tl.minimum(tl.maximum(tl.floor(x / scale + 0.5), -127.0), 127.0)
    tl.store(codes_ptr + row * stride + at, code.to(tl.int8), mask=inside)
    tl.store(scale_ptr + row, scale)


NUM_WARPS = 4  # tune: 1, 2, 4, 8


class ModelNew(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        rows, columns = x.shape
        codes = torch.empty(x.shape, dtype=torch.int8, device=x.device)
        scale = torch.empty(rows, dtype=x.dtype, device=x.device)
        block = triton.next_power_of_2(columns)
        quantise_kernel[(rows,)](x, codes, scale, x.stride(0), columns, BLOCK=block, num_warps=NUM_WARPS)
        return codes, scale


# Rounding is a jump: of two right kernels one may round up what the other rounds down. So no value that is drawn lies
# near a jump, and inputs are not stressed, which would move them there.
stress = False


def drawn(rows: int, columns: int) -> list[torch.Tensor]:
    x = torch.randint(-126, 127, (rows, columns)) + torch.rand(rows, columns) * 0.8 - 0.4
    x[:, 0] = 127
    return [x * torch.rand(rows, 1).add(0.1)]


def get_inputs() -> list[torch.Tensor]:
    return drawn(24, 256)


def get_workloads():
    return {"whole blocks": get_inputs, "a tail": lambda: drawn(15, 333)}


def get_init_inputs() -> list[int]:
    return []
