"""The tasks that these kernels are written for."""

from __future__ import annotations

HEADER = 'import torch\n\ntolerance = {"rtol": 1e-4, "atol": 1e-5}\n'
# Sums of 256 products cancel: their own rounding is more than 1e-5 of a result near zero.
LOOSER = HEADER.replace("1e-5", "1e-4")

NATIVE = '''
kernel = """
{kernel}
"""


def workloads():
    return {workloads}


def reference({names}):
    return {right}
'''

SQUASH = """
#include <cmath>
extern "C" void squash(const float* x, float* y, long n) {
    for (long i = 0; i < n; i++) y[i] = std::tanh(x[i]);
}"""

SOFTMAX = """
#include <algorithm>
#include <cmath>
extern "C" void softmax(const float* x, float* y, long rows, long cols) {
    for (long r = 0; r < rows; r++) {
        float most = x[r * cols], sum = 0;
        for (long j = 0; j < cols; j++) most = std::max(most, x[r * cols + j]);
        for (long j = 0; j < cols; j++) sum += y[r * cols + j] = std::exp(x[r * cols + j] - most);
        for (long j = 0; j < cols; j++) y[r * cols + j] /= sum;
    }
}"""

NORM = """
#include <cmath>
extern "C" void norm(const float* x, float* y, long rows, long cols) {
    for (long r = 0; r < rows; r++) {
        float sum = 0, squares = 0;
        for (long j = 0; j < cols; j++) sum += x[r * cols + j];
        float mean = sum / cols;
        for (long j = 0; j < cols; j++) squares += (x[r * cols + j] - mean) * (x[r * cols + j] - mean);
        for (long j = 0; j < cols; j++) y[r * cols + j] = (x[r * cols + j] - mean) / std::sqrt(squares / cols + 1e-5f);
    }
}"""

PRODUCT = """
extern "C" void product(const float* a, const float* b, float* c, long m, long k, long n) {
    for (long i = 0; i < m; i++)
        for (long j = 0; j < n; j++) {
            float sum = 0;
            for (long p = 0; p < k; p++) sum += a[i * k + p] * b[p * n + j];
            c[i * n + j] = sum;
        }
}"""

MODULE = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return torch.tanh(self.second(self.first(x)))


def get_inputs():
    return [torch.randn(128, 384)]


def get_init_inputs():
    return [384]
"""

PAIR = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 16, 3, padding=1)

    def forward(self, x, shift):
        y = torch.relu(self.conv(x))
        return y, y.mean(dim=(2, 3)) + shift


def get_inputs():
    return [torch.randn(4, 8, 32, 32), 0.25]


def get_init_inputs():
    return [8]
"""


TWINS = """
import torch
from torch import nn


class Model(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)

    def forward(self, x):
        y = torch.tanh(self.first(x))
        return y, y.clone(), self.first.bias.clone()


def get_inputs():
    return [torch.randn(128, 384)]


def get_init_inputs():
    return [384]
"""

VIEWS = TWINS.replace("return y, y.clone(), self.first.bias.clone()", "return y, y[:, ::3], self.first.bias[7:]")


def native(kernel: str, workloads: str, names: str, right: str, *, header: str = HEADER) -> str:
    return header + NATIVE.format(kernel=kernel, workloads=workloads, names=names, right=right)


SOURCES = {
    "squash": native(SQUASH, '{"default": {"x": "float32[n=30011]"}}', "x", "torch.tanh(x)"),
    "sizes": native(
        SQUASH, '{"odd": {"x": "float32[n=7001]"}, "default": {"x": "float32[n=30011]"}}', "x", "torch.tanh(x)"
    ),
    "softmax": native(SOFTMAX, '{"default": {"x": "float32[rows=64, cols=512]"}}', "x", "torch.softmax(x, -1)"),
    "norm": native(
        NORM,
        '{"default": {"x": "float32[rows=32, cols=4096]"}}',
        "x",
        "torch.nn.functional.layer_norm(x, x.shape[-1:])",
    ),
    "product": native(
        PRODUCT,
        '{"default": {"a": "float32[m=64, k=256]", "b": "float32[k=256, n=48]"}}',
        "a, b",
        "a @ b",
        header=LOOSER,
    ),
    "module": MODULE,
    "pair": PAIR,
    "twins": TWINS,
    "views": VIEWS,
}
