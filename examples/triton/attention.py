"""Attention for one head dimension, with a running maximum and sum: scores are never stored."""

import torch
import triton
import triton.language as tl
from torch import nn


class Model(nn.Module):
    """softmax(q @ k.T / sqrt(width)) @ v for each batch and head"""

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return nn.functional.scaled_dot_product_attention(q, k, v)


@triton.jit
def attention_kernel(
    q_ptr, k_ptr, v_ptr, out_ptr, queries, keys, scale,
    WIDTH: tl.constexpr, BLOCK_Q: tl.constexpr, BLOCK_K: tl.constexpr,
):  # fmt: skip
    head = tl.program_id(1)
    rows = tl.program_id(0) * BLOCK_Q + tl.arange(0, BLOCK_Q)
    width = tl.arange(0, WIDTH)
    at = (head * queries + rows[:, None]) * WIDTH + width[None, :]
    inside = rows[:, None] < queries
    q = tl.load(q_ptr + at, mask=inside, other=0.0)
    largest = tl.full((BLOCK_Q,), -float("inf"), dtype=tl.float32)
    total = tl.zeros((BLOCK_Q,), dtype=tl.float32)
    out = tl.zeros((BLOCK_Q, WIDTH), dtype=tl.float32)
    for start in range(0, keys, BLOCK_K):
        columns = start + tl.arange(0, BLOCK_K)
        there = (head * keys + columns[:, None]) * WIDTH + width[None, :]
        k = tl.load(k_ptr + there, mask=columns[:, None] < keys, other=0.0)
        v = tl.load(v_ptr + there, mask=columns[:, None] < keys, other=0.0)
        scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scale
        scores = tl.where(columns[None, :] < keys, scores, -float("inf"))
        larger = tl.maximum(largest, tl.max(scores, axis=1))
        weights = tl.exp(scores - larger[:, None])
        kept = tl.exp(largest - larger)
        total = total * kept + tl.sum(weights, axis=1)
        out = out * kept[:, None] + tl.dot(weights.to(v.dtype), v, input_precision="ieee")
        largest = larger
    tl.store(out_ptr + at, (out / total[:, None]).to(out_ptr.dtype.element_ty), mask=inside)


BLOCK_Q = 16  # tune: 16, 32, 64
BLOCK_K = 32  # tune: 16, 32, 64


class ModelNew(nn.Module):
    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(q)
        batch, heads, queries, width = q.shape
        grid = (triton.cdiv(queries, BLOCK_Q), batch * heads)
        attention_kernel[grid](
            q, k, v, out, queries, k.shape[2], width**-0.5, WIDTH=width, BLOCK_Q=BLOCK_Q, BLOCK_K=BLOCK_K
        )
        return out


def drawn(queries: int, keys: int) -> list[torch.Tensor]:
    return [torch.randn(1, 2, length, 32) for length in (queries, keys, keys)]


def get_inputs() -> list[torch.Tensor]:
    return drawn(32, 64)


def get_workloads():
    return {"whole blocks": get_inputs, "tails": lambda: drawn(21, 45)}


def get_init_inputs() -> list[int]:
    return []
