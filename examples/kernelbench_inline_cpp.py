"""Root-mean-square normalisation with a learned scale, in KernelBench's form; the kernel is inline C++.

It is written against PyTorch's stable ABI (`torch/csrc/stable`), which compiles in a few seconds. With
`torch/extension.h`, which load_inline adds by itself unless `no_implicit_headers` is set, it takes more than twenty.
"""

import torch
from torch import nn
from torch.utils.cpp_extension import load_inline


class Model(nn.Module):
    """x / rms(x) * scale over the last dimension."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.rand(width) + 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + 1e-6) * self.scale


SOURCE = r"""
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>
#include <cmath>

using torch::stable::Tensor;

Tensor rms_norm(const Tensor& x, const Tensor& scale) {
    STD_TORCH_CHECK(x.is_contiguous(), "x must be contiguous");
    Tensor y = torch::stable::empty_like(x);
    const int64_t width = scale.numel(), rows = x.numel() / width;
    const float* factor = scale.const_data_ptr<float>();
    for (int64_t row = 0; row < rows; ++row) {
        const float* in = x.const_data_ptr<float>() + row * width;
        float* out = y.mutable_data_ptr<float>() + row * width;
        float sum = 0;
        for (int64_t i = 0; i < width; ++i) sum += in[i] * in[i];
        const float inverse = 1 / std::sqrt(sum / width + 1e-6f);
        for (int64_t i = 0; i < width; ++i) out[i] = in[i] * inverse * factor[i];
    }
    return y;
}

STABLE_TORCH_LIBRARY(example, m) { m.def("rms_norm(Tensor x, Tensor scale) -> Tensor"); }
STABLE_TORCH_LIBRARY_IMPL(example, CPU, m) { m.impl("rms_norm", TORCH_BOX(&rms_norm)); }
"""

load_inline(
    "rms_norm",
    cpp_sources=SOURCE,
    extra_cflags=["-O3", "-march=native", "-ffast-math"],
    no_implicit_headers=True,
    is_python_module=False,
)


class ModelNew(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.rand(width) + 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.ops.example.rms_norm(x, self.scale)


def get_inputs() -> list[torch.Tensor]:
    return [torch.randn(700, 1024)]


def get_init_inputs() -> list[int]:
    return [1024]
