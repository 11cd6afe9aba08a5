# slow: yes
# Inline C++ with OpenMP, compiled while it is loaded.
import torch
from torch import nn
from torch.utils.cpp_extension import load_inline

source = """
#include <cmath>
torch::Tensor squash(torch::Tensor x) {
    auto y = torch::empty_like(x);
    const float* from = x.data_ptr<float>();
    float* to = y.data_ptr<float>();
    const long n = x.numel();
#pragma omp parallel for
    for (long i = 0; i < n; i++) to[i] = std::tanh(from[i]);
    return y;
}
"""
fused = load_inline(name="fused", cpp_sources=source, functions=["squash"], extra_cflags=["-O3", "-fopenmp"])


class ModelNew(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        hidden = torch.addmm(self.first.bias, x, self.first.weight.t())
        return fused.squash(torch.addmm(self.second.bias, hidden, self.second.weight.t()))
