"""Benches for kernels that are only looked at. Whatever is missing is named where a test is skipped."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from kernel_gepa.backends.cuda import Cuda, find_nvcc
from kernel_gepa.backends.triton import Triton
from kernel_gepa.errors import ToolchainError
from kernel_gepa.harness.static import CudaBench, TritonBench
from kernel_gepa.ports import Sandbox
from kernel_gepa.sandbox import bubblewrap, local

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """What isolates, where it works; the bench is the same in front of either."""
    return bubblewrap.create() if bubblewrap.unavailable() is None else local.create()


@pytest.fixture(scope="module")
def triton(sandbox: Sandbox) -> Iterator[TritonBench]:
    if find_spec("triton") is None:
        pytest.skip("needs Triton: pip install 'kernel-gepa[triton]'")
    with TritonBench(Triton(), sandbox) as bench:
        yield bench


@pytest.fixture(scope="module")
def cuda(sandbox: Sandbox) -> Iterator[CudaBench]:
    try:
        find_nvcc()
    except ToolchainError as error:
        pytest.skip(f"needs nvcc: {error}")
    with CudaBench(Cuda(), sandbox) as bench:
        yield bench
